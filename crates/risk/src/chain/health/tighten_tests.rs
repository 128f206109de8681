//! What a guardian can do to the state: tighten, for a time that runs out.

use proptest::prelude::*;

use super::{ChainSample, Monitor, Signal, State, Thresholds};
use crate::chain::policy::{Action, Permit, permit};
use crate::units::Millis;

const START: Millis = Millis(1_700_000_000_000);
const HALF_HOUR: Millis = Millis(1_800_000);

fn monitor() -> Monitor {
    Monitor::new(&ChainSample { slot: 1_000, clock: START, now: START, ..ChainSample::default() })
}

/// A healthy chain, looked at every five seconds.
fn run(mut monitor: Monitor, seconds: u64) -> Monitor {
    for _ in 0..seconds / 5 {
        let now = monitor.seen.after(Millis(5_000));
        let slot = monitor.slot + 5_000_000 / u64::from(monitor.baseline_us);
        let seen = ChainSample {
            slot,
            clock: now,
            now,
            proven: now,
            restart_slot: Some(0),
            skipped: Some(0),
        };
        monitor = monitor.step(&seen, &Thresholds::default()).0;
    }
    monitor
}

#[test]
fn shelter_on_a_guardians_word_is_left_by_the_ladder() {
    let (mut monitor, transition) = monitor().tighten(State::Shelter, START, HALF_HOUR).unwrap();
    assert_eq!(transition.signal, Some(Signal::Guardian));
    assert_eq!((transition.from, transition.to), (State::Normal, State::Shelter));
    assert_eq!(monitor.last_disruption, Millis(0), "prices stay valid");
    for (seconds, state) in [
        (1_795, State::Shelter),
        (5, State::Thaw),
        (595, State::Thaw),
        (5, State::Throttled),
        (55, State::Throttled),
        (5, State::Normal),
    ] {
        monitor = run(monitor, seconds);
        assert_eq!(monitor.state, state);
    }
}

/// Slots that crawl while a guardian shelters the venue are a disruption all the same: it begins then, and
/// nothing is charged for its time.
#[test]
fn a_guardians_shelter_hides_no_disruption() {
    let (sheltered, _) = monitor().tighten(State::Shelter, START, HALF_HOUR).unwrap();
    let mut monitor = run(sheltered, 60);
    assert!(!monitor.is_disrupted());
    for _ in 0..12 {
        let now = monitor.seen.after(Millis(12_000));
        let seen = ChainSample {
            slot: monitor.slot + 8,
            clock: now,
            now,
            proven: now,
            restart_slot: Some(0),
            skipped: Some(0),
        };
        monitor = monitor.step(&seen, &Thresholds::default()).0;
    }
    assert!(monitor.is_disrupted());
    assert!(monitor.last_disruption > START.after(Millis(60_000)));
    assert_eq!(monitor.since, monitor.last_disruption);
}

/// In the Shelter of a disruption nothing is charged for time, so a guardian does not lengthen it.
#[test]
fn the_shelter_of_a_disruption_is_not_lengthened() {
    let broken = Monitor {
        state: State::Shelter,
        since: START,
        last_disruption: START,
        until: START.after(Millis(300_000)),
        ..monitor()
    };
    assert_eq!(broken.tighten(State::Shelter, START, HALF_HOUR), None);
    let thaws = Monitor { state: State::Thaw, since: START.after(Millis(300_000)), ..broken };
    let (after, _) = thaws.tighten(State::Shelter, thaws.since, HALF_HOUR).unwrap();
    assert!(!after.is_disrupted(), "and in this one everything is charged");
}

#[test]
fn strain_on_a_guardians_word_ends_with_its_time() {
    let (strained, _) = monitor().tighten(State::Strained, START, HALF_HOUR).unwrap();
    assert_eq!(run(strained, 1_795).state, State::Strained);
    assert_eq!(run(strained, 1_800).state, State::Normal);
}

#[test]
fn what_is_as_tight_and_as_long_already_is_no_tightening() {
    let (strained, _) = monitor().tighten(State::Strained, START, HALF_HOUR).unwrap();
    assert_eq!(strained.tighten(State::Strained, START, HALF_HOUR), None);
    let later = START.after(Millis(1));
    let (longer, transition) = strained.tighten(State::Strained, later, HALF_HOUR).unwrap();
    assert_eq!((longer.since, longer.until), (START, later.after(HALF_HOUR)));
    assert_eq!((transition.from, transition.to), (State::Strained, State::Strained));
    let (sheltered, _) = strained.tighten(State::Shelter, START, HALF_HOUR).unwrap();
    assert_eq!(sheltered.tighten(State::Strained, START, Millis(u64::MAX)), None);
}

fn states() -> impl Strategy<Value = State> {
    (0_u8..5).prop_map(State::from_code)
}

proptest! {
    /// From any state, at any time, for any length.
    #[test]
    fn a_guardian_never_loosens_nor_closes_an_exit(
        state in states(),
        until in 0_u64..10_000_000,
        wanted in states(),
        passed in 0_u64..10_000_000,
        lasts in 0_u64..10_000_000,
    ) {
        let until = START.after(Millis(until));
        let before = Monitor { state, until, last_disruption: START, ..monitor() };
        let now = START.after(Millis(passed));
        let Some((after, _)) = before.tighten(wanted, now, Millis(lasts)) else { return Ok(()) };
        prop_assert!(after.state >= before.state && after.until >= before.until);
        prop_assert!(after.until <= before.until.max(now.after(Millis(lasts))));
        prop_assert!(after.state > before.state || after.until > before.until);
        let rest = Monitor { state, since: before.since, until: before.until, ..after };
        prop_assert_eq!(rest, before, "nothing else changes");
        for exit in [
            Action::AddMargin,
            Action::Cancel,
            Action::RequestReduction,
            Action::Reduce,
            Action::WithdrawIdle,
        ] {
            prop_assert!(matches!(permit(exit, after.state), Permit::Allowed | Permit::Queued));
        }
    }
}
