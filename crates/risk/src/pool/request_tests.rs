use super::{Stage, WINDOW, stage};
use crate::chain::policy::Permit;
use crate::units::Millis;
use proptest::prelude::*;

#[test]
fn a_request_waits_is_due_and_lapses() {
    let at = |now, permit, since| stage(Millis(1_000), Millis(now), permit, Millis(since));
    assert_eq!(at(999, Permit::Allowed, 0), Stage::Waits);
    assert_eq!(at(1_000, Permit::Allowed, 0), Stage::Due);
    assert_eq!(at(999 + WINDOW.0, Permit::Allowed, 0), Stage::Due);
    assert_eq!(at(1_000 + WINDOW.0, Permit::Allowed, 0), Stage::Lapsed);
    // What the chain did not allow does not count.
    assert_eq!(at(9_000_000, Permit::Refused, 8_000_000), Stage::Waits);
    assert_eq!(at(9_000_000, Permit::Allowed, 9_000_000), Stage::Due);
    assert_eq!(at(9_000_000 + WINDOW.0, Permit::Allowed, 9_000_000), Stage::Lapsed);
}

proptest! {
    /// While the chain stays as it is, a request is an option for no longer than the window.
    #[test]
    fn every_request_ends(due in 0..1_u64 << 40, since in 0..1_u64 << 40, later in 0..1_u64 << 40) {
        let begins = due.max(since);
        let now = Millis(begins + later);
        let expected = if later < WINDOW.0 { Stage::Due } else { Stage::Lapsed };
        prop_assert_eq!(stage(Millis(due), now, Permit::Allowed, Millis(since)), expected);
    }
}
