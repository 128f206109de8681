//! Prices that a venue's providers publish, and samples of its chain.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::instruction;
use litesvm::types::TransactionMetadata;

use crate::cluster::Failure;
use crate::feed::{
    Published, post_pyth_update, pyth_price_account, pyth_update, write_pyth_price_account,
};
use crate::venue::{Venue, feed_address, feed_id};
use crate::{stork, switchboard};

/// Less than the time without a look that counts as a disruption.
const WATCHED_EVERY_MS: u64 = 150_000;

impl Venue {
    /// Publishes prices (millionths, one per market) and refreshes every market; where one is sudden,
    /// once more after a second, so that it decides, and again where the first came before anybody had
    /// noticed a disruption.
    ///
    /// # Errors
    /// What the program said.
    pub fn publish(&mut self, prices: &[u64]) -> Result<(), Failure> {
        for _ in 0..3 {
            let leaps = self.publish_once(prices)?;
            self.observe()?;
            if !leaps {
                break;
            }
            self.cluster.pass(1_000);
        }
        Ok(())
    }

    /// The same for one market.
    ///
    /// # Errors
    /// What the program said.
    pub fn reprice(&mut self, index: usize, price: u64) -> Result<(), Failure> {
        self.publish_one(index, Published::new(price, self.cluster.now_ms()))?;
        if self.market(index).newest_stored().sudden {
            self.cluster.pass(1_000);
            self.publish_one(index, Published::new(price, self.cluster.now_ms()))?;
        }
        Ok(())
    }

    /// Publishes prices now, and tells whether one was sudden.
    ///
    /// # Errors
    /// What the program said.
    pub fn publish_once(&mut self, prices: &[u64]) -> Result<bool, Failure> {
        let now = self.cluster.now_ms();
        let mut leaps = false;
        for (index, price) in prices.iter().enumerate() {
            self.publish_one(index, Published::new(*price, now))?;
            leaps |= self.market(index).newest_stored().sudden;
        }
        Ok(leaps)
    }

    /// Keeps a sample of the chain, unless the last one is too recent.
    ///
    /// # Errors
    /// What the program said.
    pub fn observe(&mut self) -> Result<(), Failure> {
        let observe = instruction::observe(&self.markets);
        match self.cluster.send(&[observe], &[&self.admin]) {
            Err(failure) if !failure.is(HoldfastError::SampleTooSoon) => Err(failure),
            _ => Ok(()),
        }
    }

    /// Time passes while keepers observe, and nothing else happens.
    ///
    /// # Errors
    /// What the program said.
    pub fn watch(&mut self, ms: u64) -> Result<(), Failure> {
        let until = self.cluster.now_ms() + ms;
        while self.cluster.now_ms() < until {
            let left = until - self.cluster.now_ms();
            self.cluster.pass(left.min(WATCHED_EVERY_MS));
            self.observe()?;
        }
        Ok(())
    }

    /// Publishes one market's price on all its feeds and refreshes the market.
    ///
    /// # Errors
    /// What the program said.
    pub fn publish_one(&mut self, index: usize, published: Published) -> Result<(), Failure> {
        let providers = self.providers(index);
        for provider in &providers {
            self.publish_feed(*provider, index, published);
        }
        self.refresh(index, &providers).map(|_| ())
    }

    /// A provider writes its feed of a market; nobody reads it yet.
    pub fn publish_feed(&mut self, provider: Provider, index: usize, published: Published) {
        let address = feed_address(provider, index);
        match provider {
            Provider::PythPull => {
                let update = pyth_update(feed_id(index), published, self.cluster.slot());
                post_pyth_update(&mut self.cluster, address, &update);
            }
            Provider::PythPriceAccount => {
                let account = pyth_price_account(published);
                write_pyth_price_account(&mut self.cluster, address, &account);
            }
            Provider::Switchboard => {
                let feed = switchboard::pull_feed(feed_id(index), published);
                switchboard::write_pull_feed(&mut self.cluster, address, feed);
            }
            Provider::Stork => {
                stork::write_feed(
                    &mut self.cluster,
                    address,
                    stork::feed(feed_id(index), published),
                );
            }
        }
    }

    /// Refreshes a market from the feeds of these providers.
    ///
    /// # Errors
    /// What the program said.
    pub fn refresh(
        &mut self,
        index: usize,
        providers: &[Provider],
    ) -> Result<TransactionMetadata, Failure> {
        let feeds: Vec<_> =
            providers.iter().map(|provider| feed_address(*provider, index)).collect();
        let refresh = instruction::refresh_market(self.silo, self.markets[index], &feeds);
        self.cluster.send(&[refresh], &[&self.admin])
    }

    /// Who prices a market.
    pub fn providers(&self, index: usize) -> Vec<Provider> {
        let market = self.market(index);
        let feeds = market.feeds.iter().take(usize::from(market.feed_count));
        feeds.filter_map(|feed| Provider::from_code(feed.provider).ok()).collect()
    }
}
