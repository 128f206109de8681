//! When a pool request is executed, and when it is over.

use crate::chain::health::{Monitor, State};
use crate::chain::policy::{Action, Permit, permit};
use crate::units::Millis;

/// How long a due request can be executed. After that it has lapsed and is returned: otherwise it would
/// be an option that never expires.
pub const WINDOW: Millis = Millis::MINUTE.times(10);

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

/// The stage at `now` of a request that is due at `due`. If it fell due while the chain did not allow
/// it, its window begins with Throttled, the first state in which it is allowed again.
pub fn stage(due: Millis, now: Millis, chain: &Monitor) -> Stage {
    if now < due || permit(Action::ChangePool, chain.state) == Permit::Refused {
        return Stage::Waits;
    }
    let recovers = chain.state == State::Throttled;
    let begins = if recovers { due.max(chain.since) } else { due };
    if now < begins.after(WINDOW) { Stage::Due } else { Stage::Lapsed }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
