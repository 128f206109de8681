use super::{Stage, WINDOW, stage};
use crate::chain::health::{ChainSample, Monitor, State};
use crate::units::Millis;
use proptest::prelude::*;

fn at(due: u64, now: u64, state: State, since: u64) -> Stage {
    let chain = Monitor { state, since: Millis(since), ..Monitor::new(&ChainSample::default()) };
    stage(Millis(due), Millis(now), &chain)
}

#[test]
fn a_request_waits_is_due_and_lapses() {
    for state in [State::Normal, State::Strained] {
        assert_eq!(at(1_000, 999, state, 0), Stage::Waits);
        assert_eq!(at(1_000, 1_000, state, 0), Stage::Due);
        assert_eq!(at(1_000, 999 + WINDOW.0, state, 900_000), Stage::Due);
        assert_eq!(at(1_000, 1_000 + WINDOW.0, state, 900_000), Stage::Lapsed);
    }
    // What the chain did not allow does not count.
    for state in [State::Shelter, State::Thaw] {
        assert_eq!(at(1_000, 9_000_000, state, 8_000_000), Stage::Waits);
    }
    let throttled = |now| at(1_000, now, State::Throttled, 9_000_000);
    assert_eq!(throttled(9_000_000), Stage::Due);
    assert_eq!(throttled(8_999_999 + WINDOW.0), Stage::Due);
    assert_eq!(throttled(9_000_000 + WINDOW.0), Stage::Lapsed);
}

proptest! {
    /// Whatever the chain does otherwise, on a trusted one a request is an option for no longer than
    /// the window.
    #[test]
    fn every_request_ends(due in 0..1_u64 << 40, since in 0..1_u64 << 40, later in 0..1_u64 << 40) {
        let expected = if later < WINDOW.0 { Stage::Due } else { Stage::Lapsed };
        prop_assert_eq!(at(due, due + later, State::Normal, since), expected);
        prop_assert_eq!(at(due, due + later, State::Strained, since), expected);
    }
}
