extern crate std;
use std::vec;

use proptest::prelude::*;

use super::*;
use crate::chain::health::ChainSample;

fn chain(state: State, window_us: u32) -> Monitor {
    let first = ChainSample {
        slot: 1,
        clock: Millis(1_000),
        now: Millis(1_000),
        proven: Millis(0),
        restart_slot: None,
        skipped: None,
    };
    Monitor { state, window_us, ..Monitor::new(&first) }
}

proptest! {
    /// Nothing is executed in the slot it was asked for, and a slow chain asks for no more than a good one.
    #[test]
    fn an_order_leaves_at_least_a_slot_and_at_most_those_of_a_request(
        requested in 0..u64::MAX, later in 0..20_u64, window_us in any::<u32>(),
        state in prop::sample::select(vec![State::Normal, State::Strained, State::Thaw, State::Shelter]),
    ) {
        let now = requested.saturating_add(later);
        let lands = order_has_landed(requested, now, &chain(state, window_us));
        prop_assert!(!lands || now > requested || requested == u64::MAX);
        prop_assert!(lands || !has_landed(requested, now));
    }
}

#[test]
fn a_slot_counts_for_ten_seconds_of_waiting_at_most() {
    let (requested, halted) = (Millis(5_000), Millis(5_000).after(Millis::HOUR));
    for (slots, counted) in [(0, 5_000), (1, 15_000), (359, 3_595_000), (360, 3_605_000)] {
        assert_eq!(counted_until(requested, slots, halted), Millis(counted));
    }
    assert_eq!(counted_until(requested, u64::MAX, halted), halted);
    assert_eq!(counted_until(requested, 360, Millis(7_000)), Millis(7_000));
}

#[test]
fn as_many_slots_as_six_seconds_have_and_no_more_than_five() {
    let least =
        |state, window_us| (0..10).find(|now| order_has_landed(0, *now, &chain(state, window_us)));
    let slots = [(400_000, 5), (800_000, 5), (1_200_000, 5), (1_400_000, 4), (9_000_000, 1)];
    for (window_us, expected) in slots {
        for state in [State::Normal, State::Strained, State::Shelter] {
            assert_eq!(least(state, window_us), Some(expected), "{state:?} {window_us}");
        }
    }
    // Before a window is over, the baseline tells; after a disruption nothing does.
    assert_eq!((least(State::Normal, 0), least(State::Shelter, 0)), (Some(5), Some(1)));
}
