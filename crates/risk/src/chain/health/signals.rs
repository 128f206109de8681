//! What one look at the sysvars says against the last one.

use crate::chain::health::{Monitor, Thresholds};
use crate::math::{Rounding, mul_div};
use crate::units::{BPS_ONE, Bps, Millis};

/// Newest `SlotHashes` entries whose slot distance gives the skip rate; one leader's four slots
/// prove nothing among so many.
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
    /// Nobody has looked for a while; for longer, nothing of the venue's could land.
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
    /// Between the two thresholds: what was, goes on.
    Fair,
    /// A reason for more care.
    Strain(Signal),
    /// The chain was disrupted: what was before no longer counts.
    Disruption(Signal),
}

impl Signal {
    /// Whether nothing of the venue's could land before this disruption was seen. Prices from before
    /// it are history, and what slots took says nothing about the chain now.
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

impl ChainSample {
    /// Judges this look against the monitor's last one.
    pub fn judge(&self, last: &Monitor, limits: &Thresholds) -> Judgement {
        let restarts = self.restart_slot.zip(last.restart_slot);
        if restarts.is_some_and(|(now, before)| now != before) {
            return Judgement::Disruption(Signal::Restart);
        }
        if self.is_gap(last, limits) {
            return Judgement::Disruption(Signal::Gap);
        }
        let unseen = self.now.since(last.seen);
        if unseen >= limits.blackout {
            return Judgement::Disruption(Signal::Silence);
        }
        let slowness = self.slowness(last);
        if slowness >= limits.crawling {
            return Judgement::Disruption(Signal::SlowSlots);
        }
        let skip_rate = self.skip_rate();
        if skip_rate >= limits.failing {
            return Judgement::Disruption(Signal::SkippedSlots);
        }
        if slowness >= limits.slow {
            return Judgement::Strain(Signal::SlowSlots);
        }
        if skip_rate >= limits.skipping {
            return Judgement::Strain(Signal::SkippedSlots);
        }
        if unseen >= limits.silence {
            return Judgement::Strain(Signal::Silence);
        }
        let good = slowness < limits.slow_over && skip_rate < limits.skipping_over;
        if good { Judgement::Good } else { Judgement::Fair }
    }

    /// Time is missing: it passed on the venue's clock, but no slots for it, and no slot duration
    /// explains it.
    fn is_gap(&self, last: &Monitor, limits: &Thresholds) -> bool {
        let passed = self.now.since(last.seen).0;
        let slots = self.slot.saturating_sub(last.slot);
        let taking = |slot_us: u32| slots.saturating_mul(u64::from(slot_us)) / 1_000;
        passed.saturating_sub(taking(last.baseline_us)) >= limits.gap.0
            && passed >= taking(last.inexplicable_us())
    }

    /// The slower of the last whole window and the running one, over the baseline. A running window
    /// shorter than the clock can measure says nothing.
    fn slowness(&self, last: &Monitor) -> Bps {
        let running = last.running_window(self);
        let slowest = running.unwrap_or(0).max(last.window_us);
        over(u64::from(slowest), u64::from(last.baseline_us))
    }

    fn skip_rate(&self) -> Bps {
        self.skipped.map_or(Bps(0), |skipped| over(skipped, SKIP_WINDOW.saturating_add(skipped)))
    }
}

/// `part ÷ whole`, rounded up and cut at the largest ratio.
fn over(part: u64, whole: u64) -> Bps {
    let ratio = mul_div(part, BPS_ONE, whole, Rounding::Up).unwrap_or(u64::MAX);
    Bps(u16::try_from(ratio).unwrap_or(u16::MAX))
}
