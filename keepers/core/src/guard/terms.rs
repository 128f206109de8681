//! What a guard is told once.

use std::collections::BTreeSet;

use holdfast_client::Pubkey;
use holdfast_risk::Millis;

/// What a guard watches, when it acts, and what it may spend. Lines are equity in percent of the
/// maintenance margin; at zero nothing is done about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardTerms {
    /// The margin accounts.
    pub accounts: BTreeSet<Pubkey>,
    /// The token account that margin comes out of.
    pub source: Pubkey,
    /// Below this line somebody is told.
    pub warn_percent: u32,
    /// Below this line margin is added.
    pub top_up_percent: u32,
    /// Below this line the largest position is reduced, where margin is not added.
    pub reduce_percent: u32,
    /// How far margin is added, and positions are reduced.
    pub to_percent: u32,
    /// All lines are this much higher while chain or venue is strained.
    pub strained_percent: u32,
    /// Margin added within the period, all accounts together, at most, native units.
    pub budget: u64,
    /// The period.
    pub period: Millis,
    /// How far behind the price stops follow, basis points; zero: there are none.
    pub trail_bps: u16,
    /// A stop moves once it can be better by this share, basis points.
    pub step_bps: u16,
    /// How much worse than the price, or than a stop's level, orders may execute, basis points.
    pub slippage_bps: u16,
}

/// The lines that hold at a moment, percent of the maintenance margin; zero: there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    /// Below it somebody is told.
    pub warn: u32,
    /// Below it margin is added.
    pub top_up: u32,
    /// Below it positions are reduced.
    pub reduce: u32,
    /// So far both go.
    pub to: u32,
}

impl GuardTerms {
    /// The lines, higher while chain or venue is strained.
    pub const fn lines(&self, strained: bool) -> Lines {
        let extra = if strained { self.strained_percent } else { 0 };
        Lines {
            warn: raised(self.warn_percent, extra),
            top_up: raised(self.top_up_percent, extra),
            reduce: raised(self.reduce_percent, extra),
            to: raised(self.to_percent, extra),
        }
    }
}

const fn raised(line: u32, extra: u32) -> u32 {
    if line == 0 { 0 } else { line.saturating_add(extra) }
}
