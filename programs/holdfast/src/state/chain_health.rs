use anchor_lang::prelude::*;

use super::HEALTH_SAMPLES;

/// What the program has seen of the chain's speed: one per exchange. Address: `["health"]`.
#[account(zero_copy)]
pub struct ChainHealth {
    /// Layout version.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Index of the newest sample.
    pub newest: u8,
    /// Samples taken, up to the ring's length.
    pub count: u8,
    /// Explicit padding.
    pub padding: [u8; 4],
    /// Ring of samples.
    pub samples: [SampleState; HEALTH_SAMPLES],
    /// Room for the learned baseline, the state and its evidence.
    pub reserved: [u8; 512],
}

/// One look at the sysvars.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SampleState {
    /// Slot of the sample.
    pub slot: u64,
    /// `Clock.unix_timestamp`, in milliseconds.
    pub clock_ms: u64,
    /// `LastRestartSlot`.
    pub last_restart_slot: u64,
    /// Slots skipped over the newest 128 blocks; `u64::MAX` when SlotHashes holds too few.
    pub skipped: u64,
}

const _: () = assert!(size_of::<ChainHealth>() == 8 + 64 * 32 + 512);

impl ChainHealth {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"health";

    /// The newest sample, if any was taken.
    pub fn newest(&self) -> Option<&SampleState> {
        if self.count == 0 { None } else { self.samples.get(usize::from(self.newest)) }
    }

    /// Puts a sample into the ring, over the oldest.
    pub fn push(&mut self, sample: SampleState) {
        let next =
            if self.count == 0 { 0 } else { (usize::from(self.newest) + 1) % HEALTH_SAMPLES };
        self.samples[next] = sample;
        self.newest = next as u8;
        self.count = self.count.saturating_add(1).min(HEALTH_SAMPLES as u8);
    }
}
