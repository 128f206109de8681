//! Samples of the chain's own speed: which are kept.

use crate::units::Millis;

/// Samples closer together than this are not kept: the cluster's clock ticks in whole seconds, and
/// spam must not push older samples out.
const SPACING: Millis = Millis(2_000);

/// Newest `SlotHashes` entries whose slot distance gives the skip rate; one leader's four slots
/// prove nothing among so many.
pub const SKIP_WINDOW: u64 = 128;

/// Whether a sample at `now` joins one taken at `last` (`None` when there is none).
pub fn is_due(last: Option<Millis>, now: Millis) -> bool {
    last.is_none_or(|last| now >= last.after(SPACING))
}

/// Slots that were skipped between the newest block and the one [`SKIP_WINDOW`] blocks before it.
/// `None` when the two do not lie in that order.
pub fn skipped(newest: u64, older: u64) -> Option<u64> {
    newest.checked_sub(older)?.checked_sub(SKIP_WINDOW)
}

#[cfg(test)]
#[path = "sample_tests.rs"]
mod tests;
