//! When the mirror may be wrong about what is due, an endpoint is asked first.

use std::cmp::Reverse;

use holdfast_risk::Millis;

use super::Keeper;
use crate::decide::is_close;
use crate::scheduler::Target;
use crate::{AccountCache, Intent};

/// How long after an abandoned fork the mirror is doubted: what was seen there may still be in it.
const AFTER_FORK: Millis = Millis(10_000);
/// Slots that endpoints may show beyond what the mirror is complete to.
const BEHIND: u64 = 8;

impl Keeper {
    /// Whether something that costs a fee when it is refused is to be simulated before it is sent.
    pub(super) fn doubts(
        &self,
        intent: &Intent,
        replica: &AccountCache,
        venue_now: Millis,
        now: Millis,
    ) -> bool {
        if let Intent::BringPrice { feed, step, .. } = intent {
            return self.poster.as_ref().is_some_and(|poster| poster.doubts(feed, *step));
        }
        let judged = matches!(
            intent,
            Intent::Liquidate { .. } | Intent::Flag { .. } | Intent::ExecuteOrder { .. }
        );
        let snapshots_only = self.diagnosis.class.consequence().poll || !self.asked.has_streams();
        let shown = self.newest().map_or(0, |seen| seen.slot);
        let behind = shown > self.complete(now).saturating_add(BEHIND);
        let forked = self.sources.suspects_fork(AFTER_FORK, now);
        let refused = self.desk.refusals(intent.target()) > 0;
        // Streams report the program's accounts only, and so not that a request is gone, nor what is left
        // in the token account that a guard's deposits come out of.
        let unheard = matches!(
            intent,
            Intent::ExecutePool { .. } | Intent::ReturnPool { .. } | Intent::Guard { .. }
        );
        unheard
            || refused
            || judged
                && (snapshots_only
                    || behind
                    || forked
                    || !self.asked.is_whole()
                    || is_close(replica.mirror(), venue_now, intent))
    }

    /// The endpoint that is asked: the one that shows the newest slot, and after each refusal another,
    /// so that one that is wrong stops nothing.
    pub(super) fn judge(&self, target: Target) -> Option<usize> {
        let mut usable = self.usable();
        let frontier = self.sources.frontier();
        let slot = |endpoint: &usize| self.shown.get(endpoint).map(|seen| seen.slot.min(frontier));
        usable.sort_by_key(|endpoint| Reverse(slot(endpoint)));
        let refusals = usize::try_from(self.desk.refusals(target)).unwrap_or_default();
        usable.get(refusals % usable.len().max(1)).copied()
    }
}
