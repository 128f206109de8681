//! What one look at the sysvars says, compared with the last one.

use crate::units::Millis;

/// Newest `SlotHashes` entries whose slot distance gives the skip rate: so many that one leader's four
/// slots make no difference.
pub const SKIP_WINDOW: u64 = 128;
/// Slots of an epoch.
const EPOCH_SLOTS: u64 = 432_000;

/// One look at the sysvars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainSample {
    /// `Clock.slot`.
    pub slot: u64,
    /// `Clock.unix_timestamp`.
    pub clock: Millis,
    /// The venue's clock: not behind the cluster's, and ahead of it where verified prices are.
    pub now: Millis,
    /// The newest publish time that verified prices prove; zero when none was looked at.
    pub proven: Millis,
    /// `LastRestartSlot`; `None` when unknown.
    pub restart_slot: Option<u64>,
    /// Slots skipped over the newest [`SKIP_WINDOW`] blocks; `None` when unknown.
    pub skipped: Option<u64>,
}

/// A reason to tighten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Signal {
    /// Slots take long.
    SlowSlots = 1,
    /// Leaders fail.
    SkippedSlots = 2,
    /// Nobody has observed for a while; after a longer time, nothing of the venue's could land.
    Silence = 3,
    /// Time is missing: the chain stood still.
    Gap = 4,
    /// The cluster was restarted.
    Restart = 5,
    /// A guardian asked for it.
    Guardian = 6,
}

/// What the signals add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Every signal is below the threshold at which strain ends.
    Good,
    /// Hysteresis: between the two thresholds the current state is kept.
    Fair,
    /// A reason for more care.
    Strain(Signal),
    /// The chain was disrupted: prices from before no longer count.
    Disruption(Signal),
}

impl Signal {
    /// Whether nothing of the venue's could land before this disruption was seen. Prices from before
    /// it are out of date, and what slots took then says nothing about the chain now.
    pub const fn stood_still(self) -> bool {
        matches!(self, Self::Gap | Self::Restart | Self::Silence)
    }
}

/// Slots that were skipped between the newest block and the one [`SKIP_WINDOW`] blocks before it.
///
/// `None` when that cannot be told: the two do not lie in that order, or the slots between them are
/// more than an epoch, which no chain skips while it makes blocks. A cluster that was moved to a
/// later slot looks like that.
pub fn skipped(newest: u64, older: u64) -> Option<u64> {
    let skipped = newest.checked_sub(older)?.checked_sub(SKIP_WINDOW)?;
    (skipped < EPOCH_SLOTS).then_some(skipped)
}
