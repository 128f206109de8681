//! A venue with a trader in it, and a chain that misbehaves on demand.

use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest};
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::state::ChainHealth;
use holdfast_client::instruction;
use holdfast_keeper_core::{VenueSnapshot, decide};
use holdfast_risk::chain::health::State;
use holdfast_simulator::mirror;
use holdfast_testkit::venue::{LONE, Listing, feed_address, market_order, silo_plan};
use holdfast_testkit::{Failure, Trader, Venue};
use solana_signer::Signer;

/// The price at the start, millionths.
pub const PRICE: u64 = 150_000_000;
/// When the venue starts.
pub const START_MS: u64 = 1_760_000_000_000;

/// A venue of one market with funded pools, a keeper and a trader who is long fifty units with
/// eleven-fold leverage left unused.
pub struct Stage {
    /// The venue.
    pub venue: Venue,
    /// Is long.
    pub trader: Trader,
    /// Gets what is paid for liquidations.
    pub keeper: Trader,
}

impl Stage {
    /// With a market priced by one provider.
    pub fn open() -> Self {
        Self::with(LONE)
    }

    /// With a market priced by these providers.
    pub fn with(providers: &'static [Provider]) -> Self {
        let listing = [Listing { name: "SOL-PERP", price: PRICE, providers }];
        let mut plan = silo_plan(&listing);
        // Wide, so that a test's crash is believed at once.
        plan.markets[0].terms.band_bps = 5_000;
        let mut venue = Venue::install_silo(START_MS, plan).unwrap();
        venue.publish(&[PRICE]).unwrap();
        venue.join_pool(false, 1_000_000_000_000, &[PRICE]).unwrap();
        venue.join_pool(true, 100_000_000_000, &[PRICE]).unwrap();
        let keeper = venue.trader(0).unwrap();
        let trader = venue.trader(1_500_000_000).unwrap();
        venue.trade(&trader, 0, 50_000_000, &[PRICE]).unwrap();
        Self { venue, trader, keeper }
    }

    /// The state the program has persisted.
    pub fn state(&self) -> State {
        State::from_code(self.health().monitor.state)
    }

    /// What the program has persisted of the chain.
    pub fn health(&self) -> ChainHealth {
        self.venue.chain_health()
    }

    /// Time passes on a healthy chain, with a price and a look every five seconds.
    pub fn calm(&mut self, seconds: u64, price: u64) {
        for _ in 0..seconds / 5 {
            self.venue.cluster.pass(5_000);
            self.venue.publish(&[price]).unwrap();
        }
    }

    /// A request to close everything.
    pub fn exit(&self) -> OrderRequest {
        let order = market_order(-i64::MAX, self.venue.cluster.now_ms());
        OrderRequest { effect: OrderEffect::Reduce, expires_ms: u64::MAX, ..order }
    }

    /// The venue as a keeper sees it.
    pub fn mirror(&self) -> VenueSnapshot {
        let (venue, accounts) = (&self.venue, [self.trader.account, self.keeper.account]);
        let mut mirror = mirror::mirror(venue, accounts);
        for index in 0..venue.markets.len() {
            for provider in venue.providers(index) {
                mirror::hear(&mut mirror, venue, feed_address(provider, index));
            }
        }
        mirror
    }

    /// Sends what a keeper decides now, and nothing else.
    pub fn keep(&mut self) {
        let (mirror, signer) = (self.mirror(), self.venue.admin.pubkey());
        for intent in decide(&mirror, self.venue.seen_chain().now) {
            let built = intent.instruction(&mirror, self.keeper.account, signer);
            let sent = self.venue.cluster.send(built.as_slice(), &[&self.venue.admin]);
            sent.unwrap_or_else(|failure| panic!("{intent:?}: {}", failure.message));
        }
    }

    /// Flags the trader.
    pub fn flag(&mut self) -> Result<(), Failure> {
        let markets = self.venue.markets_of(&self.trader.account, None);
        let flag = instruction::flag(self.trader.account, &markets);
        self.venue.cluster.send(&[flag], &[&self.venue.admin]).map(|_| ())
    }

    /// Liquidates the trader.
    pub fn liquidate(&mut self) -> Result<(), Failure> {
        let liquidate = instruction::liquidate(
            self.venue.silo,
            self.venue.markets[0],
            self.trader.account,
            self.keeper.account,
            &[],
        );
        self.venue.cluster.send(&[liquidate], &[&self.venue.admin]).map(|_| ())
    }

    /// The same on a fork of the cluster: what happens there leaves this one alone.
    pub fn fork(&self) -> Self {
        let same = |trader: &Trader| Trader {
            keypair: trader.keypair.insecure_clone(),
            account: trader.account,
            wallet: trader.wallet,
        };
        Self { venue: self.venue.fork(), trader: same(&self.trader), keeper: same(&self.keeper) }
    }
}
