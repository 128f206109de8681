//! The cluster: slots, prices, accounts that change, and what transactions do.

use std::collections::{BTreeSet, HashMap};

use bytemuck::Zeroable;
use holdfast_client::decode::Kind;
use holdfast_client::holdfast::state::{
    ChainHealth, FeedState, LedgerState, MAX_FEEDS, Market, PriceState, SideState, Silo,
};
use holdfast_client::holdfast::{self, instruction};
use holdfast_client::{Pubkey, address};
use holdfast_keeper_core::health::Progress;
use holdfast_migrations::presets;
use holdfast_risk::chain::health::{ChainSample, Monitor, Thresholds};
use holdfast_risk::market::belief::StoredPrice;
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::{Millis, Price};
use holdfast_testkit::feed::{Published, pyth_receiver, pyth_update, pyth_update_bytes};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::ScalePlan;
use super::population::{MARKETS, PRICE, Population, bytes};

/// What a slot lasts, milliseconds.
pub const SLOT: u64 = 400;
/// Feeds publish this often, milliseconds.
const PUBLISHES: u64 = 1_000;
/// When everything begins, by the venue's clock.
const BEGAN: u64 = 1_700_000_000_000;
const FIRST_SLOT: u64 = 1_000;
/// Blocks for which a blockhash may be used.
const LIVING: u64 = 150;
/// Pyth's pull feeds.
const PROVIDER: u8 = 1;
/// What each side of a market holds in all, base units in millionths.
const SIDE: u64 = 1_000_000_000_000_000;

/// An account with the program it belongs to.
#[derive(Clone)]
pub struct Owned {
    /// Its address.
    pub address: Pubkey,
    /// Its program.
    pub owner: Pubkey,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// What became of those who failed.
#[derive(Default)]
pub struct Fates {
    /// Who was made to fail.
    pub failed: BTreeSet<u64>,
    /// Who was flagged.
    pub flagged: BTreeSet<u64>,
    /// Who was liquidated.
    pub liquidated: BTreeSet<u64>,
    /// Flags and liquidations of others.
    pub wronged: u64,
}

/// The cluster.
pub struct Cluster {
    /// The traders.
    pub people: Population,
    /// What became of some of them.
    pub fates: Fates,
    /// The silo's address.
    pub silo: Pubkey,
    silo_state: Silo,
    health: ChainHealth,
    markets: Vec<(Pubkey, Market)>,
    random: SmallRng,
    /// Accounts that change in a slot.
    changing: u64,
    slot: u64,
    transactions: u64,
    /// Transactions in blocks, with their slots.
    landed: HashMap<Signature, u64>,
}

impl Cluster {
    /// A venue that has been well for a while.
    pub fn new(plan: &ScalePlan) -> Self {
        let silo = address::silo(0);
        let seen = ChainSample { slot: FIRST_SLOT, restart_slot: Some(0), ..sample(0) };
        let mut health = ChainHealth { version: 1, ..ChainHealth::zeroed() };
        health.monitor = (&Monitor::new(&seen)).into();
        health.thresholds = (&Thresholds::default()).into();
        let ledger = LedgerState {
            collateral: 1_000_000_000_000_000,
            liquidity: 1_000_000_000_000_000,
            insurance: 100_000_000_000_000,
            in_liquidity_vault: 2_000_000_000_000_000,
            in_insurance_vault: 100_000_000_000_000,
            ..LedgerState::default()
        };
        let terms = presets::silo();
        let silo_state =
            Silo { version: 1, market_count: MARKETS, locked: 1, ledger, terms, ..Silo::zeroed() };
        let markets =
            (0..MARKETS).map(|index| (address::market(&silo, index), market(silo, index)));
        Self {
            people: Population::new(silo, plan.accounts, plan.seed, BEGAN),
            fates: Fates::default(),
            silo,
            silo_state,
            health,
            markets: markets.collect(),
            random: SmallRng::seed_from_u64(plan.seed),
            changing: plan.updates * SLOT / 1_000,
            slot: FIRST_SLOT,
            transactions: 0,
            landed: HashMap::new(),
        }
    }

    /// What a node says of the chain, virtual milliseconds after the beginning.
    pub fn progress(&self, now: u64) -> Progress {
        let mut blockhash = [1; 32];
        blockhash[..8].copy_from_slice(&self.slot.to_le_bytes());
        Progress {
            slot: self.slot,
            block_height: self.slot,
            transactions: self.transactions,
            blockhash,
            last_height: self.slot + LIVING,
            clock: clock(now),
            restart_slot: 0,
            genesis: [0; 32],
        }
    }

    /// The newest slot.
    pub fn slot(&self) -> u64 {
        self.slot
    }

    /// In which slot a transaction landed, if it has.
    pub fn landed(&self, signature: &Signature) -> Option<u64> {
        self.landed.get(signature).copied()
    }

    /// A block is made: accounts change, unless it is `calm`, one fails if it is to, and transactions
    /// take effect. Says what has changed.
    pub fn make_block(
        &mut self,
        now: u64,
        calm: bool,
        fails: bool,
        transactions: &[VersionedTransaction],
    ) -> Vec<Owned> {
        self.slot += 1;
        self.transactions += 1 + transactions.len() as u64;
        let mut changed = BTreeSet::new();
        let changing = if calm { 0 } else { self.changing };
        for _ in 0..changing {
            let number = self.random.random_range(0..self.people.len());
            if !self.people.has_failed(number) {
                self.people.change(number);
                changed.insert(number);
            }
        }
        if fails {
            let number = self.random.random_range(0..self.people.len());
            if self.fates.failed.insert(number) {
                self.people.fail(number);
                changed.insert(number);
            }
        }
        // Whoever trades moves the silo's books.
        self.silo_state.open_notional = 1_000_000_000 + self.slot;
        let mut venue = vec![self.owned(self.silo)];
        for transaction in transactions {
            self.take(transaction, now, &mut changed, &mut venue);
        }
        let people = changed.into_iter().map(|number| self.person(number));
        venue.extend(people);
        venue
    }

    /// The feeds at this time, each time they publish.
    pub fn feeds(now: u64) -> Vec<Owned> {
        feeds().map(|(market, place)| Self::feed(market, place, now)).collect()
    }

    /// What other keepers do: they observe, and refresh all markets. Says what has changed.
    pub fn kept_by_others(&mut self, now: u64) -> Vec<Owned> {
        self.observe(now);
        let markets: Vec<_> = self.markets.iter().map(|(address, _)| *address).collect();
        let mut changed = vec![self.owned(address::chain_health())];
        changed.extend(markets.into_iter().filter_map(|market| self.refresh(&[market], now)));
        changed
    }

    /// An account by its address.
    pub fn find(&self, address: &Pubkey, now: u64) -> Option<Owned> {
        if let Some(number) = self.people.find(address) {
            return Some(self.person(number));
        }
        let feed = feeds().find(|(market, place)| feed_address(*market, *place) == *address);
        if let Some((market, place)) = feed {
            return Some(Self::feed(market, place, now));
        }
        let venue = [self.silo, address::chain_health()];
        let known = venue.contains(address) || self.markets.iter().any(|(it, _)| it == address);
        known.then(|| self.owned(*address))
    }

    /// The markets.
    pub fn markets(&self) -> Vec<Owned> {
        self.markets.iter().map(|(address, _)| self.owned(*address)).collect()
    }

    /// A margin account.
    pub fn person(&self, number: u64) -> Owned {
        let (address, data) = (self.people.address(number), self.people.bytes(number));
        Owned { address, owner: holdfast::ID, data }
    }

    /// One of the venue's own accounts as it is now.
    fn owned(&self, address: Pubkey) -> Owned {
        let market = self.markets.iter().find(|(known, _)| *known == address);
        let data = match market {
            Some((_, market)) => bytes(market),
            None if address == self.silo => bytes(&self.silo_state),
            None => bytes(&self.health),
        };
        Owned { address, owner: holdfast::ID, data }
    }

    fn feed(market: u8, place: u8, now: u64) -> Owned {
        let published = Published::new(price(now), publishes(now));
        let posted = FIRST_SLOT + now / PUBLISHES * PUBLISHES / SLOT;
        let update = pyth_update(feed_id(market, place), published, posted);
        let data = pyth_update_bytes(&update);
        Owned { address: feed_address(market, place), owner: pyth_receiver(), data }
    }

    /// A transaction takes effect, once.
    fn take(
        &mut self,
        transaction: &VersionedTransaction,
        now: u64,
        changed: &mut BTreeSet<u64>,
        venue: &mut Vec<Owned>,
    ) {
        let Some(signature) = transaction.signatures.first() else { return };
        if self.landed.contains_key(signature) {
            return;
        }
        self.landed.insert(*signature, self.slot);
        let keys = transaction.message.static_account_keys();
        for called in transaction.message.instructions() {
            if keys.get(usize::from(called.program_id_index)) != Some(&holdfast::ID) {
                continue;
            }
            let accounts = called.accounts.iter();
            let named: Vec<_> =
                accounts.filter_map(|place| keys.get(usize::from(*place)).copied()).collect();
            let is = |discriminator: &[u8]| called.data.starts_with(discriminator);
            let person = named.iter().find_map(|address| self.people.find(address));
            if is(instruction::Observe::DISCRIMINATOR) {
                self.observe(now);
                venue.push(self.owned(address::chain_health()));
            } else if is(instruction::RefreshMarket::DISCRIMINATOR) {
                venue.extend(self.refresh(&named, now));
            } else if let Some(person) = person {
                if is(instruction::Flag::DISCRIMINATOR) {
                    self.flag(person, now);
                } else if is(instruction::Liquidate::DISCRIMINATOR) {
                    self.liquidate(person);
                }
                changed.insert(person);
            }
        }
    }

    fn observe(&mut self, now: u64) {
        for (_, market) in &self.markets {
            self.health.learn(market);
        }
        let last = Monitor::from(&self.health.monitor);
        let proven = self.health.proven(clock(now));
        let venue_now = last.now(clock(now), self.slot, proven);
        let (slot, restart_slot) = (self.slot, Some(0));
        let seen = ChainSample { slot, restart_slot, now: venue_now, proven, ..sample(now) };
        let limits = Thresholds::from(&self.health.thresholds);
        if last.is_due(seen.now, seen.slot, &limits) {
            let (after, _) = last.step(&seen, &limits);
            self.health.keep(&seen, &after);
        }
    }

    /// Stores the newest price of a market's feeds, unless it is stored already.
    fn refresh(&mut self, named: &[Pubkey], now: u64) -> Option<Owned> {
        let (address, market) =
            self.markets.iter_mut().find(|(address, _)| named.contains(address))?;
        let (address, published) = (*address, publishes(now));
        if Millis(published) <= market.newest_price().published {
            return None;
        }
        for feed in &mut market.feeds {
            (feed.price, feed.published_ms) = (price(now), published);
        }
        let lag = clock(now).since(Millis(published));
        let point = PricePoint::exact(Price(price(now)), Millis(published));
        market.push_price(&StoredPrice { point, lag, believed: true, sudden: false });
        Some(self.owned(address))
    }

    fn flag(&mut self, number: u64, now: u64) {
        self.note(number, |fates| &mut fates.flagged);
        let (slot, at) = (self.slot, clock(now));
        let delay = Millis(presets::market(PRICE / 1_000_000).flag_delay_ms);
        self.people.alter(number, |account| {
            (account.flagged_ms, account.flagged_slot) = (at.0, slot);
            account.liquidatable_ms = at.after(delay).0;
        });
    }

    /// Closes all that somebody has.
    fn liquidate(&mut self, number: u64) {
        self.note(number, |fates| &mut fates.liquidated);
        self.people.alter(number, |account| {
            account.positions = Default::default();
            (account.open_markets, account.flagged_ms, account.flagged_slot) = (0, 0, 0);
            account.liquidatable_ms = 0;
        });
    }

    fn note(&mut self, number: u64, of: impl Fn(&mut Fates) -> &mut BTreeSet<u64>) {
        if self.fates.failed.contains(&number) {
            of(&mut self.fates).insert(number);
        } else {
            self.fates.wronged += 1;
        }
    }
}

/// Addresses of all feeds.
pub fn feed_addresses() -> Vec<Pubkey> {
    feeds().map(|(market, place)| feed_address(market, place)).collect()
}

fn feeds() -> impl Iterator<Item = (u8, u8)> {
    (0..MARKETS).flat_map(|market| (0..MAX_FEEDS as u8).map(move |place| (market, place)))
}

fn feed_id(market: u8, place: u8) -> [u8; 32] {
    let mut id = [60; 32];
    (id[0], id[1]) = (market, place);
    id
}

fn feed_address(market: u8, place: u8) -> Pubkey {
    let mut bytes = [70; 32];
    (bytes[0], bytes[1]) = (market, place);
    Pubkey::new_from_array(bytes)
}

/// The cluster's clock: whole seconds.
fn clock(now: u64) -> Millis {
    Millis((BEGAN + now) / 1_000 * 1_000)
}

/// When the feeds last published, by the venue's clock.
fn publishes(now: u64) -> u64 {
    BEGAN + now / PUBLISHES * PUBLISHES
}

/// The price then: it moves by some hundredths of a percent, which concerns nobody.
fn price(now: u64) -> u64 {
    PRICE + (now / PUBLISHES % 20).abs_diff(10) * (PRICE / 100_000)
}

/// What the sysvars show, but for the slot.
fn sample(now: u64) -> ChainSample {
    ChainSample { clock: clock(now), now: clock(now), skipped: Some(0), ..ChainSample::default() }
}

fn market(silo: Pubkey, index: u8) -> Market {
    let (feed_count, quorum) = (MAX_FEEDS as u8, 3);
    let mut market = Market { version: 1, index, silo, feed_count, quorum, ..Market::zeroed() };
    market.terms = presets::market(PRICE / 1_000_000);
    let entry = SIDE / 1_000_000 * PRICE;
    let side = SideState { size: SIDE, entry, ..SideState::default() };
    (market.longs, market.shorts) = (side, side);
    for (place, feed) in market.feeds.iter_mut().enumerate() {
        let id = feed_id(index, place as u8);
        let price = PRICE;
        *feed = FeedState { provider: PROVIDER, id, price, published_ms: BEGAN, ..*feed };
    }
    market.newest = 31;
    (market.reference_price, market.reference_ms) = (PRICE, BEGAN);
    (market.believed_price, market.accrued_ms) = (PRICE, BEGAN);
    for (age, stored) in (0..32_u64).rev().zip(&mut market.prices) {
        let published_ms = BEGAN - age * PUBLISHES;
        let (low, high, believed) = (PRICE, PRICE, 1);
        *stored = PriceState { published_ms, low, high, believed, ..PriceState::default() };
    }
    market
}
