//! What a transaction pays for its place.

use serde::{Deserialize, Serialize};

use crate::scheduler::Kind;

/// What transactions may cost, micro-lamports per compute unit.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// Percentile of recent fees on the accounts written that a first attempt pays.
    pub percentile: u8,
    /// Never less.
    pub floor: u64,
    /// Cap for exits of traders and for observations of the chain.
    pub cap_exits: u64,
    /// Cap for liquidations and flags.
    pub cap_liquidations: u64,
    /// Cap for everything else.
    pub cap_chores: u64,
}

impl Default for Fees {
    fn default() -> Self {
        Self {
            percentile: 60,
            floor: 1_000,
            cap_exits: 5_000_000,
            cap_liquidations: 2_000_000,
            cap_chores: 100_000,
        }
    }
}

impl Fees {
    /// The price of an attempt, the first being number zero: what others paid lately, doubled with
    /// each further attempt, and at the cap from where it is reached on.
    pub fn price(&self, kind: Kind, recent: &[u64], attempt: u32) -> u64 {
        let usual = percentile(recent, self.percentile).max(self.floor);
        let factor = 1_u64 << attempt.min(16);
        usual.saturating_mul(factor).min(self.cap(kind))
    }

    /// The most that something of this kind pays.
    pub const fn cap(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Observe | Kind::Exit => self.cap_exits,
            Kind::Risk => self.cap_liquidations,
            Kind::Chore => self.cap_chores,
        }
    }
}

/// The smallest value that `percent` per cent of all values do not exceed; zero of none.
fn percentile(values: &[u64], percent: u8) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * usize::from(percent)).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
#[path = "fees_tests.rs"]
mod tests;
