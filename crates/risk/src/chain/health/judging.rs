//! Judging a look at the sysvars against the last one.

use crate::chain::health::signals::{ChainSample, Judgement, SKIP_WINDOW, Signal};
use crate::chain::health::{Monitor, Thresholds};
use crate::math::{Rounding, mul_div};
use crate::units::{BPS_ONE, Bps};

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

    /// Whether time is missing: more of it passed on the venue's clock than the slots account for, and
    /// no slot duration explains the difference.
    fn is_gap(&self, last: &Monitor, limits: &Thresholds) -> bool {
        let passed = self.now.since(last.seen).0;
        let slots = self.slot.saturating_sub(last.slot);
        let taking = |slot_us: u32| slots.saturating_mul(u64::from(slot_us)) / 1_000;
        passed.saturating_sub(taking(last.baseline_us)) >= limits.gap.0
            && passed >= taking(last.inexplicable_us())
    }

    /// The slower of the last whole window and the running one, over the baseline. A running window
    /// that is too short for the clock to measure does not count.
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
