//! When a pool request is executed, and when it is over.

use crate::chain::fuse::{BLOWS_KEPT, Blows};
use crate::chain::health::{Monitor, State};
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

/// A time in which no pool changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closure {
    /// The last moment at which pools are known to have been open before.
    pub from: Millis,
    /// When they opened again; while it lasts, when they had opened last. Zero: they never closed.
    pub until: Millis,
}

/// All of them that still matter: the chain's last, and the guardians'.
pub type Closures = [Closure; 1 + BLOWS_KEPT];

impl Closure {
    /// The chain's closure after a look that took it from `before` to `after`.
    pub fn step(self, before: &Monitor, after: &Monitor) -> Self {
        if is_closed(before.state) && !is_closed(after.state) {
            return Self { until: after.since, ..self };
        }
        self.guard(before, after)
    }

    /// The chain's closure as a guarded instruction sees it that acts on `now`, where `recorded` is what
    /// was last looked at: it may close the pools though nobody has recorded that yet. One that begins
    /// within a window of the one before continues it, or the time between would be too short for
    /// anybody to execute a request.
    pub fn guard(self, recorded: &Monitor, now: &Monitor) -> Self {
        let closes = is_closed(now.state) && !is_closed(recorded.state);
        if closes && recorded.seen >= self.until.after(WINDOW) {
            return Self { from: recorded.seen, ..self };
        }
        self
    }
}

/// The chain's closure, and those of the guardians' blows on a clock that leads the cluster's by `lead`.
pub fn closures(chain: Closure, blows: &Blows, lead: Millis) -> Closures {
    let mut all = [chain; 1 + BLOWS_KEPT];
    for (closure, blow) in all.iter_mut().skip(1).zip(blows.0) {
        let takes = blow.until.0 > 0 && blow.fuses.take(Action::ChangePool);
        let (from, until) = (blow.from.after(lead), blow.until.after(lead));
        *closure = if takes { Closure { from, until } } else { Closure::default() };
    }
    all
}

/// When the window of a request that is due at `due` opens; only prices published from then on price
/// it. A window that a closure cut off, or that fell into one, opens anew after it. One that was over
/// before stays so: a request that nobody executed does not come back to life.
pub fn opens(due: Millis, closures: &Closures) -> Millis {
    let after_all = |opens: Millis| {
        let cut = closures.iter().filter(|closure| closure.from < opens.after(WINDOW));
        cut.fold(opens, |opens, closure| opens.max(closure.until))
    };
    // A window that opens anew may be cut off by another closure; each does so once.
    closures.iter().fold(due, |opens, _| after_all(opens))
}

/// The stage at `now` of a request whose window opens at `opens`. Where the chain has closed the pools,
/// `closed` says since when.
pub fn stage(opens: Millis, now: Millis, closed: Option<Millis>) -> Stage {
    let over = opens.after(WINDOW);
    if over <= closed.unwrap_or(now) {
        Stage::Lapsed
    } else if closed.is_some() || now < opens {
        Stage::Waits
    } else {
        Stage::Due
    }
}

/// Whether the state of the chain lets no pool change.
pub fn is_closed(state: State) -> bool {
    permit(Action::ChangePool, state) == Permit::Refused
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
