//! Thresholds, and the bounds no administrator can leave.

use crate::units::{Bps, Millis};

/// When states are entered and left. Ratios are of the baseline slot duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Slot duration that strains.
    pub slow: Bps,
    /// Slot duration below which strain ends.
    pub slow_over: Bps,
    /// Slot duration that is a disruption.
    pub crawling: Bps,
    /// Skip rate that strains.
    pub skipping: Bps,
    /// Skip rate below which strain ends.
    pub skipping_over: Bps,
    /// Skip rate that is a disruption.
    pub failing: Bps,
    /// Time missing between two samples that is a halt.
    pub gap: Millis,
    /// Time without a sample that strains.
    pub silence: Millis,
    /// Time without a sample that is a disruption: nothing of the venue's could land.
    pub blackout: Millis,
    /// How long signals must be good before strain or throttling ends. At least two windows of slots,
    /// so that one of them was measured after the last bad signal.
    pub hold: Millis,
    /// Shelter after a disruption.
    pub grace: Millis,
    /// Shelter after a restart.
    pub restart_grace: Millis,
    /// Length of the thaw.
    pub thaw: Millis,
}

/// Which bound a threshold leaves.
///
/// Within the bounds a chain of 200–400 ms slots that skips one slot in twenty becomes Normal in the
/// end, whatever slots took before. The clock's whole seconds alone make a window look a tenth slower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfBounds {
    /// `slow` has to be 125–300 % of the baseline, `slow_over` above 115 % and below `slow`, and
    /// `crawling` at least 250 % and above `slow`: slots that go back from 200 to 400 ms are twice
    /// as slow, and that is no disruption.
    Slow,
    /// The skip rates have to rise from `skipping_over` (at least 10 %) to `skipping` to `failing`
    /// (30–90 %).
    Skip,
    /// `gap` has to be 5–60 s, and `silence` 20 s–5 min: keepers observe ten times in a silence, and
    /// samples are at least two seconds apart.
    Gap,
    /// `blackout` has to be 1–10 min, and at least twice the silence.
    Blackout,
    /// `hold` has to be 40 s–10 min; both graces and `thaw` have to be 1 min–1 h.
    Times,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            slow: Bps(15_000),
            slow_over: Bps(12_500),
            crawling: Bps(30_000),
            skipping: Bps(2_000),
            skipping_over: Bps(1_200),
            failing: Bps(5_000),
            gap: Millis(10_000),
            silence: Millis(60_000),
            blackout: Millis(180_000),
            hold: Millis(60_000),
            grace: Millis(300_000),
            restart_grace: Millis(900_000),
            thaw: Millis(600_000),
        }
    }
}

impl Thresholds {
    /// Whether every threshold is within its bounds.
    ///
    /// # Errors
    /// The first bound left.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        let seconds = |from: u64, to: u64| {
            Millis(from.saturating_mul(1_000))..=Millis(to.saturating_mul(1_000))
        };
        let slow = (Bps(12_500)..=Bps(30_000)).contains(&self.slow)
            && self.slow_over < self.slow
            && self.slow_over > Bps(11_500)
            && self.crawling > self.slow
            && self.crawling >= Bps(25_000);
        let skip = self.skipping_over >= Bps(1_000)
            && self.skipping_over < self.skipping
            && self.skipping < self.failing
            && (Bps(3_000)..=Bps(9_000)).contains(&self.failing);
        let gap = seconds(5, 60).contains(&self.gap) && seconds(20, 300).contains(&self.silence);
        let blackout = seconds(60, 600).contains(&self.blackout)
            && self.blackout >= self.silence.after(self.silence);
        let minutes = Millis::MINUTE..=Millis::HOUR;
        let times = seconds(40, 600).contains(&self.hold)
            && minutes.contains(&self.grace)
            && minutes.contains(&self.restart_grace)
            && minutes.contains(&self.thaw);
        let held = [
            (slow, OutOfBounds::Slow),
            (skip, OutOfBounds::Skip),
            (gap, OutOfBounds::Gap),
            (blackout, OutOfBounds::Blackout),
            (times, OutOfBounds::Times),
        ];
        held.iter().find(|(holds, _)| !holds).map_or(Ok(()), |&(_, broken)| Err(broken))
    }
}
