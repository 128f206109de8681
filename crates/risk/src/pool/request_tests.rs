use super::{Stage, WINDOW, opens, stage};
use crate::chain::health::State;
use crate::units::Millis;
use proptest::prelude::*;

const NEVER: Millis = Millis(0);
const TRUSTED: [State; 3] = [State::Normal, State::Strained, State::Throttled];

/// The stage at `now` of a request that is due at `due`, on a chain that recovered at `recovered`.
fn at(due: u64, now: u64, state: State, recovered: u64) -> Stage {
    stage(opens(Millis(due), Millis(recovered), NEVER, NEVER), Millis(now), state)
}

#[test]
fn a_request_waits_is_due_and_lapses() {
    for state in TRUSTED {
        assert_eq!(at(1_000, 999, state, 0), Stage::Waits);
        assert_eq!(at(1_000, 1_000, state, 900), Stage::Due);
        assert_eq!(at(1_000, 999 + WINDOW.0, state, 900), Stage::Due);
        assert_eq!(at(1_000, 1_000 + WINDOW.0, state, 900), Stage::Lapsed);
    }
    for state in [State::Shelter, State::Thaw] {
        assert_eq!(at(1_000, 9_000_000, state, 0), Stage::Waits);
    }
    // What the chain did not allow does not count, however fast it is well again.
    for state in TRUSTED {
        assert_eq!(at(1_000, 9_000_000, state, 9_000_000), Stage::Due);
        assert_eq!(at(1_000, 8_999_999 + WINDOW.0, state, 9_000_000), Stage::Due);
        assert_eq!(at(1_000, 9_000_000 + WINDOW.0, state, 9_000_000), Stage::Lapsed);
    }
}

/// A request that fell due while guardians had taken the pools away waits, and has its whole window once
/// they are back, on a clock that leads the cluster's.
#[test]
fn the_window_opens_when_guardians_give_the_pools_back() {
    let (taken, lead) = (Millis(9_000_000), Millis(500));
    let opened = opens(Millis(1_000), Millis(2_000), taken, lead);
    assert_eq!(opened, Millis(9_000_500));
    let at = |now| stage(opened, Millis(now), State::Normal);
    assert_eq!(at(9_000_499), Stage::Waits);
    assert_eq!(at(9_000_500), Stage::Due);
    assert_eq!(at(9_000_499 + WINDOW.0), Stage::Due);
    assert_eq!(at(9_000_500 + WINDOW.0), Stage::Lapsed);
    assert_eq!(opens(Millis(9_900_000), NEVER, taken, lead), Millis(9_900_000));
    assert_eq!(opens(Millis(100), NEVER, NEVER, lead), Millis(100));
}

proptest! {
    /// On a trusted chain a request is an option for no longer than the window.
    #[test]
    fn every_request_ends(
        due in 0..1_u64 << 40,
        recovered in 0..1_u64 << 40,
        later in 0..1_u64 << 40,
    ) {
        let expected = if later < WINDOW.0 { Stage::Due } else { Stage::Lapsed };
        for state in TRUSTED {
            prop_assert_eq!(at(due, due.max(recovered) + later, state, recovered), expected);
        }
    }
}
