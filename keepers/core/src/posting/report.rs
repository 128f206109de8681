//! What the bringing of prices says of itself.

use std::collections::BTreeMap;

use holdfast_client::Pubkey;
use holdfast_risk::Millis;

use super::Source;

/// What was counted of a source since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostingCounts {
    /// Prices that were begun to be brought.
    pub begun: u64,
    /// Prices that were stored.
    pub posted: u64,
    /// Prices that were not: refused, foreseen to be, or in no block in time.
    pub refused: u64,
    /// Of these, those whose verification was refused, or would have been.
    pub disbelieved: u64,
}

/// A feed whose prices are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WantedFeed {
    /// As markets list it.
    pub id: [u8; 32],
    /// The account that its prices are stored in.
    pub account: Pubkey,
}

/// A look at one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceReport {
    /// Feeds whose prices are wanted.
    pub feeds: Vec<WantedFeed>,
    /// How long ago what was offered last was signed, by the venue's clock; of the feed for which that is
    /// longest.
    pub offer_age: Millis,
    /// What was counted.
    pub counts: PostingCounts,
}

/// A look at the bringing of prices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostingReport {
    /// Every source whose prices are brought.
    pub sources: BTreeMap<Source, SourceReport>,
    /// How much of the budgets is used, per cent.
    pub budget_used: u64,
}
