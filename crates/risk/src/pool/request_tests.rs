extern crate std;
use std::vec;

use super::{Closure, Closures, Stage, WINDOW, closures, is_closed, opens, stage};
use crate::chain::fuse::{Blow, Blows, Fuses};
use crate::chain::health::{ChainSample, Monitor, State};
use crate::units::Millis;
use proptest::prelude::*;

const NEVER: Closure = Closure { from: Millis(0), until: Millis(0) };
const MINUTE: u64 = Millis::MINUTE.0;

fn only(from: u64, until: u64) -> Closures {
    closures(Closure { from: Millis(from), until: Millis(until) }, &Blows::default(), Millis(0))
}

/// The stage at `now` of a request that is due at `due`, on a chain that is well.
fn at(due: u64, now: u64, closures: &Closures) -> Stage {
    stage(opens(Millis(due), closures), Millis(now), None)
}

#[test]
fn a_request_waits_is_due_and_lapses() {
    let never = only(0, 0);
    assert_eq!(at(1_000, 999, &never), Stage::Waits);
    assert_eq!(at(1_000, 1_000, &never), Stage::Due);
    assert_eq!(at(1_000, 999 + WINDOW.0, &never), Stage::Due);
    assert_eq!(at(1_000, 1_000 + WINDOW.0, &never), Stage::Lapsed);
    // What the chain did not allow does not count, however fast it is well again.
    for from in [500, 1_500, 999 + WINDOW.0] {
        let closed = only(from, 9_000_000);
        assert_eq!(at(1_000, 9_000_000, &closed), Stage::Due);
        assert_eq!(at(1_000, 8_999_999 + WINDOW.0, &closed), Stage::Due);
        assert_eq!(at(1_000, 9_000_000 + WINDOW.0, &closed), Stage::Lapsed);
    }
}

/// One that was over before the chain was disrupted stays so, during the disruption and after it.
#[test]
fn a_lapsed_request_does_not_come_back_to_life() {
    let from = 1_000 + WINDOW.0;
    assert_eq!(at(1_000, 9_000_000, &only(from, 9_000_000)), Stage::Lapsed);
    let before = opens(Millis(1_000), &only(from, 0));
    assert_eq!(stage(before, Millis(5_000_000), Some(Millis(from))), Stage::Lapsed);
    assert_eq!(stage(before, Millis(5_000_000), Some(Millis(from - 1))), Stage::Waits);
}

/// A request that fell due while guardians had taken the pools away waits, and has its whole window once
/// they are back, on a clock that leads the cluster's.
#[test]
fn the_window_opens_when_guardians_give_the_pools_back() {
    let lead = Millis(500);
    let pools = Fuses::from_bits(2);
    let blow = Blow { from: Millis(2_000_000), until: Millis(9_000_000), fuses: pools };
    let mut blows = Blows::default();
    blows.0[1] = blow;
    let closed = closures(Closure { from: Millis(10), until: Millis(2_000) }, &blows, lead);
    let opened = opens(Millis(2_000_000), &closed);
    assert_eq!(opened, Millis(9_000_500));
    let at = |now| stage(opened, Millis(now), None);
    assert_eq!(at(9_000_499), Stage::Waits);
    assert_eq!(at(9_000_500), Stage::Due);
    assert_eq!(at(9_000_499 + WINDOW.0), Stage::Due);
    assert_eq!(at(9_000_500 + WINDOW.0), Stage::Lapsed);
    assert_eq!(opens(Millis(9_900_000), &closed), Millis(9_900_000));
    // It had lapsed before.
    assert_eq!(opens(Millis(100), &closed), Millis(2_000));
    // Other families close no pool.
    blows.0[1] = Blow { fuses: Fuses::from_bits(5), ..blow };
    assert_eq!(opens(Millis(2_000_000), &closures(NEVER, &blows, lead)), Millis(2_000_000));
    // Nor does a place that is free.
    blows.0[1] = Blow { until: Millis(0), ..blow };
    assert_eq!(closures(NEVER, &blows, lead), [NEVER; 5]);
}

/// The closure over looks at states, a minute apart.
fn after(states: &[State]) -> Closure {
    let first = ChainSample { now: Millis(100 * MINUTE), ..ChainSample::default() };
    let start = Monitor::new(&first);
    let looks = states.iter().zip(1..).map(|(state, minute)| {
        let now = Millis((100 + minute) * MINUTE);
        Monitor { state: *state, since: now, seen: now, ..start }
    });
    let steps =
        looks.fold((NEVER, start), |(closure, before), now| (closure.step(&before, &now), now));
    steps.0
}

#[test]
fn a_closure_begins_at_the_last_look_before_it_and_continues_the_one_before() {
    use State::{Normal, Shelter, Strained, Thaw, Throttled};
    let closed = |from: u64, until: u64| {
        let until = if until == 0 { 0 } else { 100 + until };
        Closure { from: Millis((100 + from) * MINUTE), until: Millis(until * MINUTE) }
    };
    assert_eq!(after(&[Strained, Normal]), NEVER);
    assert_eq!(after(&[Normal, Shelter, Thaw]), closed(1, 0));
    assert_eq!(after(&[Normal, Shelter, Thaw, Throttled, Normal]), closed(1, 4));
    // Again at once.
    assert_eq!(after(&[Normal, Shelter, Throttled, Shelter, Shelter]), closed(1, 3));
    assert_eq!(after(&[Normal, Shelter, Throttled, Shelter, Throttled]), closed(1, 5));
    // A window later.
    let mut long = vec![Shelter, Throttled];
    long.extend([Normal; 11]);
    long.push(Shelter);
    assert_eq!(after(&long), closed(13, 2));
}

#[test]
fn an_instruction_sees_a_closure_that_nobody_has_recorded() {
    let first = ChainSample { now: Millis(100 * MINUTE), ..ChainSample::default() };
    let recorded = Monitor::new(&first);
    let now = Monitor { state: State::Shelter, ..recorded };
    assert_eq!(NEVER.guard(&recorded, &now).from, recorded.seen);
    assert_eq!(NEVER.guard(&recorded, &recorded), NEVER);
}

proptest! {
    /// A request is an option for no longer than the window, whatever the chain did before and after.
    #[test]
    fn every_request_ends(
        due in 0..1_u64 << 40,
        from in 0..1_u64 << 40,
        lasts in 0..1_u64 << 30,
        later in 0..1_u64 << 40,
    ) {
        let closed = only(from, from + lasts);
        let opened = opens(Millis(due), &closed);
        prop_assert!(opened.0 == due || (opened.0 == from + lasts && from < due + WINDOW.0));
        let expected = if later < WINDOW.0 { Stage::Due } else { Stage::Lapsed };
        prop_assert_eq!(stage(opened, opened.after(Millis(later)), None), expected);
    }

    /// What has lapsed stays lapsed, whatever closes the pools later.
    #[test]
    fn what_has_lapsed_stays_so(
        due in 0..1_u64 << 40,
        waits in 0..1_u64 << 30,
        lasts in 0..1_u64 << 30,
        passed in 0..1_u64 << 30,
    ) {
        let from = due + WINDOW.0 + waits;
        let during = opens(Millis(due), &only(from, 0));
        prop_assert_eq!(stage(during, Millis(from + passed), Some(Millis(from))), Stage::Lapsed);
        prop_assert_eq!(at(due, from + lasts + passed, &only(from, from + lasts)), Stage::Lapsed);
    }
}

#[test]
fn pools_are_closed_in_shelter_and_thaw() {
    for state in [State::Normal, State::Strained, State::Throttled] {
        assert!(!is_closed(state), "{state:?}");
    }
    assert!(is_closed(State::Shelter) && is_closed(State::Thaw));
}
