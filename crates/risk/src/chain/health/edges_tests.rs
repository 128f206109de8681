//! Where each signal begins and ends, to the unit.

use super::tests::Chain;
use super::{Judgement, Monitor, Signal, State, Thresholds};
use crate::units::{Bps, Millis};

/// A basis point of the baseline of 400 ms, in microseconds.
const BPS_US: u32 = 40;

/// A chain whose last window was so slow.
fn slow(by: u16) -> Chain {
    let mut chain = Chain::new();
    chain.monitor.window_us = u32::from(by) * BPS_US;
    chain
}

fn judged(chain: &Chain) -> Judgement {
    chain.seen.judge(&chain.monitor, &chain.limits)
}

#[test]
fn slow_slots_strain_and_disrupt_from_their_thresholds_on() {
    let Thresholds { slow: Bps(strains), slow_over: Bps(over), crawling: Bps(crawls), .. } =
        Thresholds::default();
    let said = |by| judged(&slow(by));
    assert_eq!(said(crawls), Judgement::Disruption(Signal::SlowSlots));
    assert_eq!(said(crawls - 1), Judgement::Strain(Signal::SlowSlots));
    assert_eq!(said(strains), Judgement::Strain(Signal::SlowSlots));
    assert_eq!(said(strains - 1), Judgement::Fair);
    assert_eq!(said(over), Judgement::Fair);
    assert_eq!(said(over - 1), Judgement::Good);
}

#[test]
fn skipped_slots_are_good_below_their_threshold_only() {
    let mut chain = Chain::new();
    // A fifth of all slots.
    chain.seen.skipped = Some(32);
    let mut said = |over| {
        chain.limits.skipping = Bps(5_000);
        chain.limits.skipping_over = Bps(over);
        judged(&chain)
    };
    assert_eq!(said(2_000), Judgement::Fair);
    assert_eq!(said(2_001), Judgement::Good);
}

#[test]
fn a_restart_at_an_earlier_slot_is_one_too() {
    let mut chain = Chain::new();
    chain.monitor.restart_slot = Some(5);
    chain.seen.restart_slot = Some(4);
    assert_eq!(judged(&chain), Judgement::Disruption(Signal::Restart));
}

#[test]
fn a_window_is_whole_after_twenty_seconds() {
    let mut chain = Chain::new();
    chain.seen.slot += 50;
    chain.seen.now = Millis(chain.seen.now.0 + 19_999);
    assert_eq!(chain.monitor.running_window(&chain.seen), None);
    chain.seen.now = Millis(chain.seen.now.0 + 1);
    assert_eq!(chain.monitor.running_window(&chain.seen), Some(400_000));
}

#[test]
fn a_chain_that_begins_to_crawl_is_disrupted_then() {
    let chain = slow(Thresholds::default().crawling.0);
    let (after, _) = chain.monitor.step(&chain.seen, &chain.limits);
    assert_eq!((after.state, after.last_disruption), (State::Shelter, chain.seen.now));
}

#[test]
fn another_disruption_does_not_begin_shelter_anew() {
    let mut chain = Chain::new();
    let since = Millis(chain.seen.now.0 - 1_000);
    chain.monitor =
        Monitor { state: State::Shelter, since, last_disruption: since, ..chain.monitor };
    chain.seen.restart_slot = Some(7);
    let (after, _) = chain.monitor.step(&chain.seen, &chain.limits);
    assert_eq!((after.state, after.since), (State::Shelter, since));
    assert_eq!(after.last_disruption, chain.seen.now);
}

#[test]
fn calm_begins_exactly_when_the_hold_is_over() {
    let mut chain = Chain::new();
    chain.monitor.state = State::Strained;
    chain.monitor.unrest = Millis(chain.seen.now.0 - chain.limits.hold.0);
    let state = |chain: &Chain| chain.monitor.step(&chain.seen, &chain.limits).0.state;
    assert_eq!(state(&chain), State::Normal);
    chain.monitor.unrest = Millis(chain.monitor.unrest.0 + 1);
    assert_eq!(state(&chain), State::Strained);
}

#[test]
fn a_guard_takes_what_it_saw_unless_that_is_looser() {
    let mut chain = Chain::new();
    chain.seen.slot += 1;
    assert_eq!(chain.monitor.guard(&chain.seen, &chain.limits).slot, chain.seen.slot);
    // Its shelter is over, but nobody has said so.
    chain.monitor.state = State::Shelter;
    assert_eq!(chain.monitor.step(&chain.seen, &chain.limits).0.state, State::Thaw);
    assert_eq!(chain.monitor.guard(&chain.seen, &chain.limits), chain.monitor);
}

#[test]
fn a_state_that_is_not_known_counts_as_the_strictest() {
    use State::{Normal, Shelter, Strained, Thaw, Throttled};
    let known = [Normal, Strained, Throttled, Thaw, Shelter];
    assert_eq!(known.map(|state| State::from_code(state as u8)), known);
    assert_eq!([5, u8::MAX].map(State::from_code), [Shelter, Shelter]);
}

#[test]
fn guardians_tighten_to_strain_and_shelter_only() {
    let chain = Chain::new();
    let lasts = Millis::MINUTE;
    for state in [State::Normal, State::Throttled, State::Thaw] {
        assert_eq!(chain.monitor.tighten(state, chain.seen.now, lasts), None, "{state:?}");
    }
}
