//! The venue's accounts as a keeper last saw them.

use std::collections::BTreeMap;

use holdfast_client::Pubkey;
use holdfast_client::feed::Reading;
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::{
    ChainHealth, Change, Exchange, MarginAccount, Market, PoolRequest, Silo,
};
use holdfast_risk::Millis;
use holdfast_risk::chain::health::{Monitor, Thresholds};

use crate::Accounts;

/// One silo with its markets and accounts.
pub struct VenueSnapshot {
    /// The silo's address.
    pub silo_address: Pubkey,
    /// The silo.
    pub silo: Silo,
    /// What the venue knows of the chain.
    pub chain_health: ChainHealth,
    /// The exchange with its guardians, where it was shown.
    pub exchange: Option<Exchange>,
    /// Markets by index, with their addresses.
    pub markets: Vec<(Pubkey, Market)>,
    /// Margin accounts by address.
    pub accounts: Accounts,
    /// Waiting pool requests by address.
    pub requests: BTreeMap<Pubkey, PoolRequest>,
    /// Changes that wait, by address.
    pub changes: BTreeMap<Pubkey, Change>,
    /// What the feed accounts last said.
    pub feeds: BTreeMap<Pubkey, Reading>,
    /// The first slot that what is sent now can land in.
    pub slot: u64,
}

impl VenueSnapshot {
    /// The chain as the program will see it at `now`, going by what `observe` persisted.
    pub fn chain(&self, now: Millis) -> Chain {
        Chain {
            monitor: Monitor::from(&self.chain_health.monitor),
            thresholds: Thresholds::from(&self.chain_health.thresholds),
            now,
            slot: self.slot,
            fuses: self.chain_health.fuse.fuses(now),
        }
        .within(&self.silo)
    }

    /// A market by its index.
    pub fn market(&self, index: u8) -> Option<&Market> {
        self.listed(index).map(|(_, market)| market)
    }

    /// A market by its index, as the program's checks ask for it.
    ///
    /// # Errors
    /// `WrongMarket` when it is not known.
    pub fn open_market(&self, index: u8) -> anchor_lang::Result<&Market> {
        self.market(index).ok_or_else(|| HoldfastError::WrongMarket.into())
    }

    /// A market's address by its index.
    pub fn market_address(&self, index: u8) -> Option<Pubkey> {
        self.listed(index).map(|(address, _)| *address)
    }

    /// All markets' addresses, in index order.
    pub fn market_addresses(&self) -> Vec<Pubkey> {
        self.markets.iter().map(|(address, _)| *address).collect()
    }

    /// Addresses of the markets an account has positions in, without `except`, in rising order.
    pub fn markets_of(&self, account: &MarginAccount, except: Option<u8>) -> Vec<Pubkey> {
        let open = account.open_indices().filter(|index| Some(*index) != except);
        open.filter_map(|index| self.market_address(index)).collect()
    }

    /// The feeds of a market that are known, with their addresses; of several accounts of one feed the
    /// one with the newest price.
    pub fn feeds_of<'a>(
        &'a self,
        market: &'a Market,
    ) -> impl Iterator<Item = (&'a Pubkey, &'a Reading)> {
        let listed = market.feeds.iter().take(usize::from(market.feed_count));
        listed.filter_map(|feed| {
            let accounts = self.feeds.iter().filter(|(_, reading)| reading.is_of(feed));
            accounts.max_by_key(|(_, reading)| reading.quote.published)
        })
    }

    fn listed(&self, index: u8) -> Option<&(Pubkey, Market)> {
        self.markets.get(usize::from(index)).filter(|(_, market)| market.index == index)
    }
}
