//! When a pool request is executed, and when it is over.

use crate::chain::health::State;
use crate::chain::policy::{Action, Permit, permit};
use crate::units::Millis;

/// How long a due request can be executed. After that it has lapsed and is returned: otherwise it would
/// be an option that never expires.
pub const WINDOW: Millis = Millis::MINUTE.times(10);

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its window has not opened, or the chain does not allow it now: its owner may take it back.
    Waits,
    /// Anyone may execute it, and nobody may take it back.
    Due,
    /// Nobody executed it in time: anyone may return it.
    Lapsed,
}

/// When the window of a request that is due at `due` opens; only prices published from then on price
/// it. If it fell due while the chain did not allow it, that is when the chain `recovered`. If it fell
/// due while guardians had taken the pools away, up to `taken` on the cluster's clock, it is that
/// moment on the venue's, which leads by `lead`; `taken` is zero when they never did.
pub fn opens(due: Millis, recovered: Millis, taken: Millis, lead: Millis) -> Millis {
    let given_back = if taken.0 == 0 { taken } else { taken.after(lead) };
    due.max(recovered).max(given_back)
}

/// The stage at `now` of a request whose window opens at `opens`, on a chain in `state`.
pub fn stage(opens: Millis, now: Millis, state: State) -> Stage {
    if now < opens || permit(Action::ChangePool, state) == Permit::Refused {
        Stage::Waits
    } else if now < opens.after(WINDOW) {
        Stage::Due
    } else {
        Stage::Lapsed
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
