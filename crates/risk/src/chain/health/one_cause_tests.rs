//! One cause is one disruption: what a halt hid comes to light later, and is still the same halt.

extern crate std;

use proptest::prelude::*;

use super::tests::Chain;
use super::{ChainSample, Monitor, Signal, State};
use crate::units::Millis;

/// A venue in a halt of which the cluster's clock shows `shown` seconds and hides `hidden`.
fn halted(shown: u64, hidden: u64) -> (Chain, Halt) {
    let mut chain = Chain::new();
    chain.run(60, 400);
    chain.pass((shown + 1) * 1_000, 2);
    let halt = Halt { behind: hidden * 1_000, ended: chain.seen.clock.0 + hidden * 1_000 };
    (chain, halt)
}

/// What is true of a halt.
struct Halt {
    /// How far the cluster's clock is behind.
    behind: u64,
    /// When slots were made again.
    ended: u64,
}

impl Halt {
    /// Five seconds pass while the cluster's clock catches up, and somebody looks. Publish times
    /// are true. Whether anything was disrupted.
    fn look(&mut self, chain: &mut Chain, priced: bool) -> bool {
        let shown = self.shown();
        let proven = if priced { self.now(chain) + 5_000 } else { 0 };
        self.behind -= shown - 5_000;
        let found = chain.pass_priced(shown, 12, Millis(proven));
        found.is_some_and(|found| found.to == State::Shelter)
    }

    fn shown(&self) -> u64 {
        12_000.min(self.behind + 5_000)
    }

    fn now(&self, chain: &Chain) -> u64 {
        chain.seen.clock.0 + self.behind
    }
}

/// The disruption and its grace count from the true end, or from as much before it as the clock
/// caught up with between the two looks.
fn is_dated(chain: &Chain, halt: &Halt) {
    let monitor = chain.monitor;
    let ended = monitor.last_disruption.0;
    assert!((halt.ended - 7_000..=halt.ended + 1_000).contains(&ended), "{monitor:?}");
    assert_eq!(monitor.until, monitor.last_disruption.after(chain.limits.grace));
}

#[test]
fn a_halt_seen_without_a_price_and_again_with_one_is_one() {
    let (mut chain, mut halt) = halted(17, 28);
    assert_eq!(chain.state(), State::Shelter);
    assert!(!halt.look(&mut chain, true), "the price only says how long it took");
    is_dated(&chain, &halt);
}

#[test]
fn a_price_from_within_the_halt_that_lands_first_changes_nothing() {
    let (mut chain, halt) = halted(17, 28);
    let within = Millis(chain.seen.clock.0 + 12_000);
    assert_eq!(chain.pass_priced(2_000, 5, within), None);
    let now = Millis(halt.now(&chain) + 2_000);
    assert_eq!(chain.pass_priced(2_000, 5, now), None);
    is_dated(&chain, &halt);
}

#[test]
fn a_venue_that_began_with_a_lagging_clock_is_not_disrupted_by_its_first_price() {
    for lag in [10, 20, 60, 3_600] {
        let mut chain = Chain::fresh();
        chain.run(20, 400);
        let proven = Millis(chain.seen.clock.0 + 5_000 + lag * 1_000);
        assert_eq!(chain.pass_priced(5_000, 12, proven), None, "{lag} s");
        assert_eq!((chain.state(), chain.monitor.lead), (State::Normal, Millis(lag * 1_000)));
        assert_eq!(chain.monitor.last_disruption, Millis(0));
        assert!(chain.monitor.proven);
        let later = Millis(proven.0 + 60_000);
        let found = chain.pass_priced(5_000, 12, later);
        assert_eq!(found.and_then(|found| found.signal), Some(Signal::Gap), "what comes later is");
    }
}

/// Within a quarter of an hour; what comes to light later is another halt.
#[test]
fn what_a_clock_hides_comes_to_light_soon_or_is_a_disruption() {
    for (late, signal) in [(0, None), (1, Some(Signal::Gap))] {
        let mut chain = Chain::fresh();
        let looked = chain.seen.clock.0 + 5_000;
        chain.monitor.since = Millis(looked - 900_000 - late);
        let found = chain.pass_priced(5_000, 12, Millis(looked + 60_000));
        assert_eq!(found.and_then(|found| found.signal), signal, "{late} ms late");
    }
}

#[test]
fn a_publish_time_that_is_not_believed_proves_nothing() {
    let mut chain = Chain::fresh();
    let day = 86_400_000;
    chain.pass_priced(5_000, 12, Millis(chain.seen.clock.0 + 2 * day));
    assert!(!chain.monitor.proven);
}

#[test]
fn hours_without_a_look_are_a_disruption_even_on_a_chain_that_was_well() {
    let mut chain = Chain::new();
    chain.run(60, 400);
    assert_eq!(chain.pass(179_600, 449).unwrap().to, State::Strained);
    let found = chain.pass(3 * 3_600_000, 27_000).unwrap();
    assert_eq!((found.to, found.signal), (State::Shelter, Some(Signal::Silence)));
    assert_eq!(chain.monitor.last_disruption, chain.seen.now);
    assert_eq!(chain.monitor.until, chain.seen.now.after(chain.limits.grace));
    let last_disruption = chain.monitor.last_disruption;
    chain.run(1_200, 400);
    assert_eq!((chain.state(), chain.monitor.last_disruption), (State::Normal, last_disruption));
}

#[test]
fn a_guard_finds_a_blackout_before_anybody_observes_it() {
    let calm = Chain::new();
    for (ms, state) in [(179_999, State::Strained), (180_000, State::Shelter)] {
        let now = calm.seen.now.after(Millis(ms));
        let seen = ChainSample { now, clock: now, slot: 1_450, ..calm.seen };
        let guarded = calm.monitor.guard(&seen, &calm.limits);
        assert_eq!(guarded.state, state);
        let history = guarded.last_disruption == now;
        assert_eq!(history, state == State::Shelter, "prices from before are history");
    }
}

#[test]
fn what_is_not_known_of_restarts_is_no_restart() {
    let mut chain = Chain::new();
    chain.seen.restart_slot = None;
    assert_eq!(chain.pass(5_000, 12), None);
    assert_eq!(chain.monitor.restart_slot, Some(0), "what was known is kept");
    let unknown = Monitor::new(&ChainSample { restart_slot: None, ..chain.seen });
    let (after, found) = unknown.step(&chain.seen, &chain.limits);
    assert_eq!((after.restart_slot, found), (None, None));
    chain.seen.restart_slot = Some(246_464_040);
    let (after, found) = unknown.step(&chain.seen, &chain.limits);
    assert_eq!((after.restart_slot, found), (Some(246_464_040), None));
    assert_eq!(chain.pass(5_000, 12).unwrap().signal, Some(Signal::Restart));
}

proptest! {
    /// However much of it the clock hides, and whenever prices come.
    #[test]
    fn a_halt_is_one_disruption_and_grace_lasts_its_time_from_the_true_end(
        shown in 12..120_u64, hidden in 0..7_200_u64, unpriced in 0..40_u64,
    ) {
        let (mut chain, mut halt) = halted(shown, hidden);
        for _ in 0..unpriced {
            prop_assert!(!halt.look(&mut chain, false), "{:?}", chain.monitor);
        }
        for _ in 0..20 {
            prop_assert!(!halt.look(&mut chain, true), "{:?}", chain.monitor);
        }
        let monitor = chain.monitor;
        prop_assert!(monitor.proven);
        prop_assert!(monitor.seen.0.abs_diff(halt.now(&chain)) <= 1_000);
        if unpriced == 0 {
            is_dated(&chain, &halt);
        }
    }

    /// A venue whose clock prices have told sees every hidden halt, wherever it began.
    #[test]
    fn a_halt_after_prices_have_told_the_time_is_a_new_one(
        shown in 12..120_u64, hidden in 0..600_u64, again in 15..7_200_u64,
    ) {
        let (mut chain, mut halt) = halted(shown, hidden);
        for _ in 0..12 {
            halt.look(&mut chain, true);
        }
        prop_assert!(chain.monitor.proven);
        let before = chain.monitor.last_disruption;
        let proven = Millis(halt.now(&chain) + 5_000 + again * 1_000);
        let shown = halt.shown();
        let found = chain.pass_priced(shown, 12, proven);
        prop_assert_eq!(found.and_then(|found| found.signal), Some(Signal::Gap));
        prop_assert!(chain.monitor.last_disruption > before);
    }

    #[test]
    fn silence_is_a_disruption_from_its_length_on(ms in 2_000..600_000_u64) {
        let mut chain = Chain::new();
        let found = chain.pass(ms, ms / 400);
        let disrupted = found.is_some_and(|found| found.to == State::Shelter);
        prop_assert_eq!(disrupted, ms >= chain.limits.blackout.0);
    }
}
