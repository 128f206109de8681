//! When a pool request is executed, and when it is over.

use crate::chain::policy::Permit;
use crate::units::Millis;

/// So long a due request can be executed: after that it has lapsed and is returned, or it would be
/// an option without a date.
pub const WINDOW: Millis = Millis(600_000);

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its time has not come, or the chain does not allow it now: its owner may take it back.
    Waits,
    /// Anyone may execute it, and nobody may take it back.
    Due,
    /// Nobody executed it in time: anyone may return it.
    Lapsed,
}

/// Where a request that is due at `due` stands `now`. Time in which the chain did not allow it does
/// not count: `allowed_since` is when the chain's present state began.
pub fn stage(due: Millis, now: Millis, permit: Permit, allowed_since: Millis) -> Stage {
    if now < due || permit == Permit::Refused {
        Stage::Waits
    } else if now < due.max(allowed_since).after(WINDOW) {
        Stage::Due
    } else {
        Stage::Lapsed
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
