//! A keeper of very many accounts, in virtual time: the real loop and its mirror against a cluster
//! that makes the bytes of accounts when they are asked for, so that they take no memory here.
//!
//! The cluster runs no program. It takes the keeper's word for what may be done and does what matters
//! to the keeper: prices are stored, accounts flagged and closed. Whether the program would accept it
//! is tested elsewhere.

mod cluster;
mod io;
mod population;
mod run;

use serde::Serialize;

pub use run::run;

/// What a run is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalePlan {
    /// Margin accounts.
    pub accounts: u64,
    /// Virtual milliseconds from when the keeper is ready.
    pub lasts_ms: u64,
    /// Margin accounts that change in a second.
    pub updates: u64,
    /// Where the random choices come from.
    pub seed: u64,
}

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ScaleFindings {
    /// Margin accounts on the cluster.
    pub accounts: u64,
    /// Those that the mirror has at the end exactly as the cluster has them.
    pub mirrored: u64,
    /// Virtual milliseconds from the start until the keeper was ready.
    pub ready_ms: u64,
    /// Decisions.
    pub ticks: u64,
    /// What a decision with all that was heard before it took by the stopwatch, microseconds: the median.
    pub tick_median_us: u64,
    /// The one that is exceeded by one in a hundred.
    pub tick_p99_us: u64,
    /// The longest.
    pub tick_longest_us: u64,
    /// Decisions, after the keeper was ready, in which it took something to be the matter.
    pub unhealthy_ticks: u64,
    /// Streams that had to be opened again.
    pub reconnects: u64,
    /// Parts of snapshots that were asked for.
    pub parts: u64,
    /// Bytes of the longest answer.
    pub longest_answer: u64,
    /// Accounts that changed and were told of by streams.
    pub updates: u64,
    /// Accounts that were made to fail their maintenance margin.
    pub failed: u64,
    /// Those of them that were flagged.
    pub flagged: u64,
    /// Those of them that were liquidated.
    pub liquidated: u64,
    /// Accounts that were flagged or liquidated and did not fail.
    pub wronged: u64,
}
