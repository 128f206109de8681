//! Reading a provider's feed account as the program reads it.

use anchor_lang::prelude::{AccountInfo, Pubkey};
use holdfast::oracle::Provider;
use holdfast::state::FeedState;
use holdfast_risk::market::reading::Quote;

/// What a feed account says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Who published it: [`Provider`]'s code.
    pub provider: u8,
    /// The provider's identifier of the feed.
    pub id: [u8; 32],
    /// What it says.
    pub quote: Quote,
}

impl Reading {
    /// Whether a market lists this feed there.
    pub fn is_of(&self, feed: &FeedState) -> bool {
        feed.provider == self.provider && feed.id == self.id
    }
}

/// Reads an account owned by a provider's program; `None` where the program would refuse it.
pub fn read(address: &Pubkey, owner: &Pubkey, data: &[u8]) -> Option<Reading> {
    let (mut lamports, mut data) = (0, data.to_vec());
    let info = AccountInfo::new(address, false, false, &mut lamports, &mut data, owner, false);
    let reading = Provider::from_feed(&info).and_then(|provider| provider.read(&info)).ok()?;
    Some(Reading { provider: reading.provider as u8, id: reading.id, quote: reading.quote })
}
