//! Thresholds, and the bounds no administrator can leave.

use crate::bounds::{self, OutOfBounds};
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
    /// Whether every threshold is within its bounds. Within them a chain of 200–400 ms slots that skips
    /// one slot in twenty becomes Normal in the end, whatever slots took before.
    ///
    /// # Errors
    /// The first threshold that leaves them.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        self.check_signals()?;
        self.check_times()
    }

    /// The clock's whole seconds alone make a window look a tenth slower, and slots that go back from
    /// 200 to 400 ms are twice as slow without a disruption.
    fn check_signals(&self) -> Result<(), OutOfBounds> {
        let within = |bps: Bps, least: u16, most: u16| (Bps(least)..=Bps(most)).contains(&bps);
        let slow_over = self.slow_over > Bps(11_500) && self.slow_over < self.slow;
        let crawling = self.crawling >= Bps(25_000) && self.crawling > self.slow;
        let skipping = self.skipping > Bps(1_000) && self.skipping < self.failing;
        let skipping_over = self.skipping_over >= Bps(1_000) && self.skipping_over < self.skipping;
        bounds::check(&[
            ("slow_bps", "12,500 to 30,000", within(self.slow, 12_500, 30_000)),
            ("slow_over_bps", "above 11,500 and below slow_bps", slow_over),
            ("crawling_bps", "at least 25,000 and above slow_bps", crawling),
            ("failing_bps", "3,000 to 9,000", within(self.failing, 3_000, 9_000)),
            ("skipping_bps", "above 1,000 and below failing_bps", skipping),
            ("skipping_over_bps", "at least 1,000 and below skipping_bps", skipping_over),
        ])
    }

    /// Keepers observe ten times in a silence, and samples are at least two seconds apart.
    fn check_times(&self) -> Result<(), OutOfBounds> {
        let within = |time: Millis, least: u64, most: u64| {
            (Millis::SECOND.times(least)..=Millis::SECOND.times(most)).contains(&time)
        };
        let to_an_hour = |time: Millis| within(time, 60, 3_600);
        let two_silences = self.silence.after(self.silence);
        let blackout = within(self.blackout, 60, 600) && self.blackout >= two_silences;
        bounds::check(&[
            ("gap_ms", "5,000 to 60,000", within(self.gap, 5, 60)),
            ("silence_ms", "20,000 to 300,000", within(self.silence, 20, 300)),
            ("blackout_ms", "60,000 to 600,000 and at least twice silence_ms", blackout),
            ("hold_ms", "40,000 to 600,000", within(self.hold, 40, 600)),
            ("grace_ms", "60,000 to 3,600,000", to_an_hour(self.grace)),
            ("restart_grace_ms", "60,000 to 3,600,000", to_an_hour(self.restart_grace)),
            ("thaw_ms", "60,000 to 3,600,000", to_an_hour(self.thaw)),
        ])
    }
}
