//! The venue while a drill plays: time passes, prices land, people act, the keeper works.

use std::collections::{BTreeMap, HashSet};

use holdfast_client::Pubkey;
use holdfast_client::holdfast::events::{MarketRefreshed, MarketUnpriced};
use holdfast_client::holdfast::state::{MarginAccount, OrderState};
use holdfast_keeper_core::VenueSnapshot;
use holdfast_risk::Millis;
use holdfast_risk::account::order::Order;
use holdfast_risk::chain::health::State;
use holdfast_risk::chain::landing::order_has_landed;
use holdfast_risk::market::aggregate::NoPrice;
use holdfast_risk::market::belief::decided_price;
use litesvm::types::TransactionMetadata;
use rand_chacha::ChaCha20Rng;

use super::guards::Guards;
use super::measure::Measure;
use super::moment::Moment;
use super::people::{Crowd, Tried, waits_to_leave};
use super::scenario::{ChainBehaviour, FaultKind, Feeds, Phase, Timeline};
use super::watch::{Mark, Milestones};
use crate::mirror;
use holdfast_testkit::feed::Published;
use holdfast_testkit::path::Prices;
use holdfast_testkit::venue::feed_address;
use holdfast_testkit::{Venue, chain, events};

/// Longer than an order waits for its execution.
const SETTLES_MS: u64 = 3_000;
/// How often people try over a halt.
const TRIES_PER_HALT: u64 = 20;

/// A venue with people on it, their keeper, and what was counted so far.
pub struct DrillState {
    /// The venue.
    pub venue: Venue,
    /// Everybody but the keeper.
    pub people: Crowd,
    /// The keeper's margin account.
    pub keeper: Pubkey,
    /// Guards over half of the people.
    pub guards: Guards,
    /// What was seen of liquidations.
    pub measure: Measure,
    /// What was seen of the outage.
    pub watch: Milestones,
    /// The keeper's view of the venue.
    pub mirror: VenueSnapshot,
    timeline: Timeline,
    /// When the newest outage began.
    began_ms: u64,
    /// When people last tried during a halt.
    tried_ms: u64,
    /// What was true when prices landed last.
    newest: Vec<u64>,
    /// What is true now.
    pub truth: Vec<u64>,
    /// Whether a market then dropped a feed, or had no price because its feeds diverge.
    in_doubt: bool,
    /// The slot of the last look.
    looked: u64,
    /// Positions closed by their owners.
    pub exits: u64,
    /// Requests to close, and their executions, that were refused or never came.
    pub exits_refused: u64,
    /// Requests to close, by account and number, that still waited after a tick with a valid price.
    pub exits_late: HashSet<(Pubkey, u64)>,
    /// Deposits that landed, and that were refused.
    pub deposits: u64,
    /// How many were refused.
    pub deposits_refused: u64,
    /// What was refused, by action and by the state of the chain as the venue saw it.
    pub refusals: BTreeMap<(&'static str, State), u64>,
    /// Transactions the keeper sent.
    pub transactions: u64,
    /// How many of them were refused.
    pub transactions_refused: u64,
    /// Compute units of those that landed.
    pub compute_units: u64,
}

impl DrillState {
    /// Nothing has happened yet.
    pub fn new(
        venue: Venue,
        people: Crowd,
        keeper: Pubkey,
        guards: Guards,
        trouble: FaultKind,
        phases: Vec<Phase>,
    ) -> Self {
        let mirror = mirror::mirror(&venue, people.accounts());
        Self {
            venue,
            people,
            keeper,
            guards,
            measure: Measure::new(),
            watch: Milestones::new(trouble),
            mirror,
            timeline: Timeline::new(phases),
            began_ms: 0,
            tried_ms: 0,
            newest: Vec::new(),
            truth: Vec::new(),
            in_doubt: false,
            looked: 0,
            exits: 0,
            exits_refused: 0,
            exits_late: HashSet::new(),
            deposits: 0,
            deposits_refused: 0,
            refusals: BTreeMap::new(),
            transactions: 0,
            transactions_refused: 0,
            compute_units: 0,
        }
    }

    /// Time passes to `at_ms`, where `prices` are true: they are published, people act, the keeper
    /// works, as far as there are blocks.
    pub fn tick(
        &mut self,
        at_ms: u64,
        prices: &[u64],
        random: &mut ChaCha20Rng,
    ) -> Result<(), String> {
        self.truth = prices.to_vec();
        let has_block = self.pass_to(at_ms)?;
        let phase = self.timeline.phase();
        self.send(&phase, prices, has_block, random);
        if !has_block {
            return Ok(());
        }
        if phase.feeds != Feeds::Silent {
            let published = self.venue.cluster.now_ms() - self.pace(&phase).slot_ms;
            self.publish(prices, phase.feeds, published)?;
        }
        self.work()?;
        let tried = self.people.try_everything(&mut self.venue, prices);
        self.count(tried)
    }

    /// Lets what was asked for be executed at `prices`; an exit that still waits was refused.
    pub fn settle(&mut self, prices: &[u64]) -> Result<(), String> {
        self.truth = prices.to_vec();
        self.venue.cluster.pass(SETTLES_MS);
        self.publish(prices, Feeds::Well, self.venue.cluster.now_ms())?;
        self.work()?;
        self.refresh_mirror();
        for account in self.mirror.accounts.values() {
            let waits = |index: &u8| waits_to_leave(account, *index);
            self.exits_refused += account.open_indices().filter(waits).count() as u64;
        }
        Ok(())
    }

    /// Lets time pass as the phases say, and tells whether a block was made in which anything lands.
    fn pass_to(&mut self, at_ms: u64) -> Result<bool, String> {
        let mut blocks = 0;
        while self.venue.cluster.now_ms() < at_ms {
            let stretch = self.timeline.stretch(at_ms - self.venue.cluster.now_ms());
            if stretch.begins && stretch.phase.is_trouble() {
                self.began_ms = self.venue.cluster.now_ms();
                self.watch.disrupted(self.mark());
            }
            let pace = self.pace(&stretch.phase);
            match stretch.phase.chain {
                ChainBehaviour::Healthy | ChainBehaviour::Runs(_) => {
                    blocks += self.venue.cluster.run(stretch.ms, pace);
                }
                ChainBehaviour::VotesOnly => {
                    self.venue.cluster.run(stretch.ms, pace);
                }
                ChainBehaviour::Stands { restarts } => {
                    self.venue.cluster.stall(stretch.ms);
                    if stretch.ends {
                        self.first_block(restarts)?;
                    }
                }
            }
        }
        Ok(blocks > 0)
    }

    /// The first block after a halt: prices that bots had sent when it began land, people's
    /// transactions do not yet.
    fn first_block(&mut self, restarts: bool) -> Result<(), String> {
        if restarts {
            self.venue.cluster.restart();
        }
        let pace = self.venue.cluster.chain().healthy();
        // On its own.
        self.venue.cluster.run(pace.slot_ms, pace);
        let prices = self.newest.clone();
        self.publish(&prices, Feeds::Well, self.began_ms)?;
        self.work()
    }

    /// People send what they want; over a halt they try now and then.
    fn send(&mut self, phase: &Phase, prices: &[u64], has_block: bool, random: &mut ChaCha20Rng) {
        let now = self.venue.cluster.now_ms();
        if !has_block && now < self.tried_ms + phase.lasts_ms / TRIES_PER_HALT {
            return;
        }
        self.tried_ms = now;
        let outage = self.watch.last_disruption.is_some() && self.watch.resumed.is_none();
        self.people.send_exit(&self.venue, phase.landing_ms, outage, random);
        if outage {
            let sent = self.people.send_margin(&self.mirror, prices, phase.landing_ms);
            self.measure.margin_sent.extend(sent);
        }
    }

    /// What feeds publish at `published_ms`, where `prices` are true, lands, and publishers store it. They
    /// send nothing that the venue would not store as a price: evidence of the time is the keeper's.
    fn publish(&mut self, prices: &[u64], feeds: Feeds, published_ms: u64) -> Result<(), String> {
        self.in_doubt = false;
        for (index, truth) in prices.iter().enumerate() {
            let providers = self.venue.providers(index);
            for (rank, provider) in providers.iter().enumerate() {
                let published = Published::new(feeds.says(rank, *truth), published_ms);
                self.venue.publish_feed(*provider, index, published);
                mirror::hear(&mut self.mirror, &self.venue, feed_address(*provider, index));
            }
            if self.is_ahead(index, published_ms) {
                continue;
            }
            match self.venue.refresh(index, &providers) {
                Ok(landed) => self.in_doubt |= is_in_doubt(&landed),
                Err(failure) => self.waits("refresh", &failure, false)?,
            }
        }
        // Feeds publish in whole seconds.
        self.measure.true_prices.insert(published_ms / 1_000 * 1_000, prices.to_vec());
        self.newest = prices.to_vec();
        Ok(())
    }

    /// Whether what was published then lies too far ahead of the venue's clock to be a price.
    fn is_ahead(&self, index: usize, published_ms: u64) -> bool {
        let future = Millis(self.venue.market(index).terms.future_ms);
        Millis(published_ms / 1_000 * 1_000) > self.venue.seen_chain().now.after(future)
    }

    /// What people sent lands, and guards and the keeper work.
    fn work(&mut self) -> Result<(), String> {
        let landed = self.people.land(&mut self.venue);
        self.count(landed)?;
        self.refresh_mirror();
        self.look();
        self.watch_over()?;
        self.keep()
    }

    /// Counts what people tried.
    fn count(&mut self, tried: Vec<Tried>) -> Result<(), String> {
        for Tried { action, account, result } in tried {
            let deposits = action == "deposit";
            match result {
                Ok(()) if deposits => {
                    self.deposits += 1;
                    self.measure.margin_sent.remove(&account);
                }
                Ok(()) => {}
                Err(_) if deposits => self.deposits_refused += 1,
                Err(failure) => self.waits(action, &failure, action == "ask to reduce")?,
            }
        }
        Ok(())
    }

    /// Notes who fails maintenance, which exits are late, and what the venue knows.
    fn look(&mut self) {
        let chain = self.venue.seen_chain();
        self.measure.look(&self.mirror, chain.now, self.venue.cluster.slot());
        let failing = self.measure.failing();
        self.watch.look(self.mark(), &self.mirror, &chain, failing, self.in_doubt);
        let late = |(address, account): (&Pubkey, &MarginAccount)| {
            let late = account.orders.iter().filter(|slot| self.is_late(account, slot));
            late.map(|slot| (*address, slot.number)).collect::<Vec<_>>()
        };
        let late: Vec<_> = self.mirror.accounts.iter().flat_map(late).collect();
        self.exits_late.extend(late);
        self.looked = self.venue.cluster.slot();
    }

    /// Whether a request to close could have executed in the round before this one.
    fn is_late(&self, account: &MarginAccount, slot: &OrderState) -> bool {
        let held = account.position(slot.market).size;
        // Whose position was liquidated meanwhile has nothing left to close.
        let closes = slot.number != 0 && slot.reduce_only == 1 && held.0 != 0;
        if !closes || slot.earliest_ms == 0 {
            return false;
        }
        let Some(market) = self.mirror.market(slot.market) else { return false };
        let chain = self.mirror.chain(Millis(self.venue.cluster.now_ms()));
        let at = market.moment(chain.now, chain.monitor.last_disruption);
        let order = Order::from(slot);
        let delay = Millis(market.terms.execution_delay_ms);
        let changed = account.position_changed(slot.market);
        let earliest = order.decided_from(order.parts(held, true), changed, delay);
        // The newest price has only just landed.
        let before = market.recent_prices().skip(1);
        order_has_landed(slot.slot, self.looked, &chain.monitor)
            && decided_price(before, earliest, &at, order.delta.side()) != Ok(None)
    }

    /// How slots go by in a phase in which there are some.
    fn pace(&self, phase: &Phase) -> chain::Pace {
        match phase.chain {
            ChainBehaviour::Runs(pace) => pace,
            _ => self.venue.cluster.chain().healthy(),
        }
    }

    /// Now.
    pub fn mark(&self) -> Mark {
        Mark { ms: self.venue.cluster.now_ms(), slot: self.venue.cluster.slot() }
    }

    fn refresh_mirror(&mut self) {
        self.mirror.silo = self.venue.silo_state();
        self.mirror.chain_health = self.venue.chain_health();
        self.mirror.slot = self.venue.cluster.slot();
        for (address, account) in &mut self.mirror.accounts {
            *account = self.venue.account(address);
        }
        self.refresh_markets();
    }

    pub(super) fn refresh_for(&mut self, account: Pubkey) {
        self.refresh_markets();
        self.mirror.accounts.insert(account, self.venue.account(&account));
    }

    fn refresh_markets(&mut self) {
        for (index, (_, market)) in self.mirror.markets.iter_mut().enumerate() {
            *market = self.venue.market(index);
        }
    }

    /// The look of things at a tick.
    pub fn moment(&self, at: &Prices) -> Moment {
        Moment {
            at_ms: at.at_ms,
            price: at.prices[0],
            insurance: self.mirror.silo.ledger.insurance,
            liquidations: self.measure.partial + self.measure.full,
            state: self.venue.seen_chain().monitor.state,
        }
    }
}

/// Whether a refresh dropped a feed, or gave no price because feeds diverge.
fn is_in_doubt(landed: &TransactionMetadata) -> bool {
    let drops = events::find::<MarketRefreshed>(landed).is_some_and(|event| event.outliers != 0);
    let unpriced = events::find::<MarketUnpriced>(landed);
    drops || unpriced.is_some_and(|event| event.reason == NoPrice::Diverging as u8)
}
