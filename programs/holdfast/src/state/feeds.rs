//! What a market is priced by.

use anchor_lang::prelude::*;
use holdfast_risk::bounds;
use holdfast_risk::market::aggregate::quorum_fits;

use super::MAX_FEEDS;
use crate::error::{HoldfastError, OrRefuse};
use crate::oracle::Provider;

/// A feed to price a market by.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedSource {
    /// Provider code: see `oracle::Provider`.
    pub provider: u8,
    /// The provider's identifier of the feed.
    pub id: [u8; 32],
}

/// What a market is priced by.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct Feeds {
    /// One to five, each once. Unless there is only one, every provider has fewer than `quorum`.
    pub sources: Vec<FeedSource>,
    /// How many have to agree.
    pub quorum: u8,
}

impl Feeds {
    /// Whether a market may have them: different feeds of known providers, and a quorum that fits.
    pub fn check(&self) -> Result<()> {
        let sources = &self.sources;
        let mut providers = [0; MAX_FEEDS];
        require!(sources.len() <= MAX_FEEDS, HoldfastError::FeedCount);
        for (index, feed) in sources.iter().enumerate() {
            providers[index] = Provider::from_code(feed.provider)? as u8;
            require!(!sources[..index].contains(feed), HoldfastError::FeedCount);
            bounds::check(&[("feeds.id", "the provider's, not zeros", feed.id != [0; 32])])
                .into_program_error()?;
        }
        let fits = quorum_fits(&providers[..sources.len()], self.quorum);
        require!(fits, HoldfastError::FeedCount);
        Ok(())
    }
}
