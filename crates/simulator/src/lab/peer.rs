//! Other venues: the same books, margins and losses, under their own policy.

use holdfast_client::holdfast::account_health::leg_of;
use holdfast_client::holdfast::trade_context;
use holdfast_risk::account::liquidation::{self, LiquidationContext, MarginAssessment};
use holdfast_risk::account::margin::{Health, requirement};
use holdfast_risk::account::trade_context::Charges;
use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Millis, Price, SignedSize};
use holdfast_testkit::chain::Chain;

use super::book::Book;
use super::makers::MakerOrder;
use super::policies::{
    ADMIN_MS, DRIFT_DIVERGENCE_PERCENT, DRIFT_STALE_SLOTS, DRIFT_TWAP_MS, DRIFT_VOLATILE_RATIO,
    ENVELOPE_BPS, ENVELOPE_SLOTS, GAP_MS, GRACE_MS, Policy, SENTINEL_PERCENT,
};
use super::pool;
use super::venue::{Caution, Liquidation, Venue};

/// A market's price as a peer keeps it.
#[derive(Clone, Copy, Debug, Default)]
struct Feed {
    /// What counts, millionths; zero before the first.
    price: u64,
    /// When what it follows was published.
    published_ms: u64,
    /// The slot in which it was posted.
    slot: u64,
    /// Where it goes.
    target: u64,
    /// Mean over five minutes, and when it last moved.
    twap: u64,
    twap_ms: u64,
}

/// A venue under another's policy.
#[derive(Clone)]
pub struct Peer {
    policy: Policy,
    book: Book,
    feeds: Vec<Feed>,
    /// When a block was last seen, and in which slot.
    sensed_ms: u64,
    sensed_slot: u64,
    /// The slot in which prices last moved.
    moved_slot: u64,
    restart_slot: u64,
    /// Until when everything waits that has to.
    until_ms: u64,
    /// Who has asked to leave and was not filled yet.
    leaving: Vec<usize>,
    /// Makers' requests, where they are filled later.
    orders: Vec<(usize, MakerOrder)>,
}

impl Peer {
    /// A venue with these books.
    pub fn new(policy: Policy, book: Book, chain: &Chain, prices: &[u64]) -> Self {
        let feed = |price: &u64| Feed {
            price: *price,
            target: *price,
            published_ms: chain.now_ms(),
            slot: chain.slot(),
            twap: *price,
            twap_ms: chain.now_ms(),
        };
        Self {
            policy,
            book,
            feeds: prices.iter().map(feed).collect(),
            sensed_ms: chain.now_ms(),
            sensed_slot: chain.slot(),
            moved_slot: chain.slot(),
            restart_slot: chain.restart_slot(),
            until_ms: 0,
            leaving: Vec::new(),
            orders: Vec::new(),
        }
    }

    /// What the chain's clock shows: these venues have no other.
    fn now_ms(chain: &Chain) -> u64 {
        chain.clock_s() * 1_000
    }

    /// Whether it waits, by true time: the cluster's clock would end a grace with the jump that it
    /// makes after a halt.
    fn waits(&self, chain: &Chain) -> bool {
        chain.now_ms() < self.until_ms
    }

    /// Notes gaps between blocks, and restarts.
    fn sense(&mut self, chain: &Chain) {
        if chain.slot() == self.sensed_slot {
            return;
        }
        let now = chain.now_ms();
        let gap = now.saturating_sub(self.sensed_ms) >= GAP_MS;
        let restarted = chain.restart_slot() != self.restart_slot;
        (self.sensed_ms, self.sensed_slot) = (now, chain.slot());
        self.restart_slot = chain.restart_slot();
        let lasts = match self.policy {
            Policy::GmxSolana if restarted => ADMIN_MS,
            Policy::Grace | Policy::Sentinel | Policy::Breaker if gap => GRACE_MS,
            _ => return,
        };
        self.until_ms = now + lasts;
    }

    /// The reading that counts: the first feed's, or the middle of those that agree.
    fn reading(&self, quotes: &[Option<Quote>]) -> Option<Quote> {
        let Some(most) = self.policy.agreement() else { return quotes.first().copied().flatten() };
        let mut known: Vec<Quote> = quotes.iter().copied().flatten().collect();
        known.sort_by_key(|quote| quote.price);
        let agree = |pair: &[Quote]| {
            let apart = pair[1].price.0 - pair[0].price.0;
            apart.saturating_mul(10_000) <= pair[0].price.0.saturating_mul(u64::from(most.0))
        };
        known.windows(2).find(|pair| agree(pair)).map(|pair| pair[0])
    }

    /// Moves a market's price by what the policy and the slots passed allow.
    fn follow(&mut self, market: usize, chain: &Chain) {
        let slots = chain.slot().saturating_sub(self.moved_slot);
        let now = Self::now_ms(chain);
        let feed = &mut self.feeds[market];
        if self.policy == Policy::Percolator {
            let most = feed.price * ENVELOPE_BPS * slots.min(ENVELOPE_SLOTS) / 10_000;
            feed.price = feed.target.clamp(feed.price.saturating_sub(most), feed.price + most);
        } else {
            feed.price = feed.target;
        }
        let passed = now.saturating_sub(feed.twap_ms).min(DRIFT_TWAP_MS);
        let kept = feed.twap * (DRIFT_TWAP_MS - passed) / DRIFT_TWAP_MS;
        feed.twap = kept + feed.price * passed / DRIFT_TWAP_MS;
        feed.twap_ms = now;
    }

    fn prices(&self) -> Vec<u64> {
        self.feeds.iter().map(|feed| feed.price).collect()
    }

    /// Whether Drift's guard takes a price for a liquidation.
    fn is_plausible(feed: &Feed) -> bool {
        let (low, high) = (feed.price.min(feed.twap), feed.price.max(feed.twap));
        let apart = feed.price.abs_diff(feed.twap) * 100;
        high <= low.saturating_mul(DRIFT_VOLATILE_RATIO)
            && apart < feed.twap * DRIFT_DIVERGENCE_PERCENT
    }

    fn liquidates(&self, chain: &Chain, health: &Health, market: usize) -> bool {
        match self.policy {
            Policy::Drift => Self::is_plausible(&self.feeds[market]),
            Policy::GmxSolana | Policy::Grace | Policy::Breaker => !self.waits(chain),
            Policy::Sentinel => {
                let floor = i128::from(health.maintenance.0) * SENTINEL_PERCENT / 100;
                !self.waits(chain) || i128::from(health.equity.0) < floor
            }
            Policy::Percolator | Policy::Nothing | Policy::Holdfast => true,
        }
    }

    /// Whether a request to close executes.
    fn closes(&self, chain: &Chain, market: usize) -> bool {
        match self.policy {
            Policy::GmxSolana | Policy::Grace => !self.waits(chain),
            Policy::Drift => !self.is_stale(chain, market),
            _ => true,
        }
    }

    fn is_stale(&self, chain: &Chain, market: usize) -> bool {
        chain.slot().saturating_sub(self.feeds[market].slot) > DRIFT_STALE_SLOTS
    }

    fn liquidate(&mut self, chain: &Chain, who: usize) -> Option<Liquidation> {
        let prices = self.prices();
        let health = self.book.standing(who, &prices).ok()?;
        if health.meets_maintenance() {
            return None;
        }
        let account = self.book.accounts[who];
        let legs = account.open_indices().map(|index| {
            let market = &self.book.markets[usize::from(index)];
            let price = Price(prices[usize::from(index)]);
            (usize::from(index), leg_of(market, account.position(index), price))
        });
        let asked = |leg: &holdfast_risk::account::margin::Leg| {
            leg.notional().and_then(|notional| requirement(notional, leg.ratios.maintenance)).ok()
        };
        let (index, leg) = legs.max_by_key(|(_, leg)| asked(leg))?;
        if !self.liquidates(chain, &health, index) {
            return None;
        }
        let now = Millis(Self::now_ms(chain));
        let (mut silo, mut market, mut account) =
            (self.book.silo, self.book.markets[index], account);
        let traded = liquidation::liquidate(
            &trade_context::open(&silo, &market, &account),
            &MarginAssessment { health, price: leg.price },
            &leg,
            market.terms.liquidation(),
            &silo.cover(market.index, &account.debts, now),
            LiquidationContext { due: now, now, most: None },
        )
        .ok()?;
        trade_context::store(&traded, &mut silo, &mut market, &mut account, now).ok()?;
        self.book.keeper.receive(traded.passed_on.keeper.0).ok()?;
        (self.book.silo, self.book.markets[index], self.book.accounts[who]) =
            (silo, market, account);
        Some(Liquidation {
            who,
            market: index,
            price: leg.price.0,
            published_ms: self.feeds[index].published_ms,
            closed: traded.trade.closed.0,
            bad_debt: traded.bad_debt.0,
            insured: traded.insured.0,
            reward: traded.passed_on.keeper.0,
            whole: traded.book.position.size.0 == 0,
        })
    }

    /// Closes everything somebody holds, as far as it executes; whether nothing is left.
    fn close(&mut self, chain: &Chain, who: usize) -> bool {
        let open: Vec<u8> = self.book.accounts[who].open_indices().collect();
        for index in open {
            let at = usize::from(index);
            if !self.closes(chain, at) {
                continue;
            }
            let delta = -self.book.accounts[who].position(index).size.0;
            self.trade(chain, who, at, delta);
        }
        self.book.accounts[who].open_markets == 0
    }

    /// Trades at the price that counts; whether it went through.
    fn trade(&mut self, chain: &Chain, who: usize, at: usize, delta: i64) -> bool {
        let now = Millis(Self::now_ms(chain));
        let (mut silo, mut market, mut account) =
            (self.book.silo, self.book.markets[at], self.book.accounts[who]);
        let context = trade_context::open(&silo, &market, &account);
        let traded = {
            let cover = silo.cover(market.index, &account.debts, now);
            let price = Price(self.feeds[at].price);
            context.trade(SignedSize(delta), price, &cover, |_, _| Ok(Charges::default()))
        };
        let Ok(traded) = traded else { return false };
        let stored = trade_context::store(&traded, &mut silo, &mut market, &mut account, now);
        if stored.is_ok() {
            (self.book.silo, self.book.markets[at], self.book.accounts[who]) =
                (silo, market, account);
        }
        stored.is_ok()
    }

    /// Fills a maker's request where its limit and its margin allow; whatever does not fit is gone.
    fn fill(&mut self, chain: &Chain, who: usize, order: &MakerOrder) {
        let price = self.feeds[order.market].price;
        let keeps = if order.delta > 0 { price <= order.limit } else { price >= order.limit };
        let held = self.book.accounts[who].position(order.market as u8).size.0;
        let opens = held == 0 || (held > 0) == (order.delta > 0);
        let allowed = if opens {
            self.caution(chain) == Caution::Open
        } else {
            self.closes(chain, order.market)
        };
        if !keeps || !allowed {
            return;
        }
        let before = (self.book.silo, self.book.markets[order.market], self.book.accounts[who]);
        let traded = self.trade(chain, who, order.market, order.delta);
        let health = self.book.standing(who, &self.prices());
        if traded && opens && !health.is_ok_and(|health| health.meets_initial()) {
            (self.book.silo, self.book.markets[order.market], self.book.accounts[who]) = before;
        }
    }

    /// Executes requests at the pool, which is valued at the prices that count.
    fn move_liquidity(&mut self, chain: &Chain) {
        if !(0..self.feeds.len()).all(|market| self.closes(chain, market)) {
            return;
        }
        let prices = self.prices();
        for place in 0..self.book.stakes.len() {
            if self.book.stakes[place].request.is_some() {
                // What the pool cannot pay now waits.
                let _ = pool::execute_at(&mut self.book, &prices, place);
            }
        }
    }

    /// Whether what is asked for is filled at a later price.
    const fn fills_later(&self) -> bool {
        matches!(self.policy, Policy::GmxSolana | Policy::Grace)
    }
}

impl Venue for Peer {
    fn book(&self) -> &Book {
        &self.book
    }

    fn pass(&mut self, chain: &Chain) {
        self.sense(chain);
    }

    fn post(&mut self, chain: &Chain, quotes: &[Vec<Option<Quote>>]) {
        for (market, quotes) in quotes.iter().enumerate() {
            let newest = self.reading(quotes);
            let feed = &mut self.feeds[market];
            if let Some(quote) = newest.filter(|quote| quote.published.0 > feed.published_ms) {
                feed.target = quote.price.0;
                (feed.published_ms, feed.slot) = (quote.published.0, chain.slot());
            }
            self.follow(market, chain);
        }
        self.moved_slot = chain.slot();
    }

    fn keep(&mut self, chain: &Chain) -> Vec<Liquidation> {
        let everybody = 0..self.book.accounts.len();
        let done = everybody.filter_map(|who| {
            let holds = self.book.accounts[who].open_markets != 0;
            if holds { self.liquidate(chain, who) } else { None }
        });
        let done = done.collect();
        let leaving = std::mem::take(&mut self.leaving);
        self.leaving = leaving.into_iter().filter(|who| !self.close(chain, *who)).collect();
        for (who, order) in std::mem::take(&mut self.orders) {
            self.fill(chain, who, &order);
        }
        self.move_liquidity(chain);
        done
    }

    fn deposit(&mut self, chain: &Chain, who: usize, amount: u64) -> bool {
        if matches!(self.policy, Policy::GmxSolana | Policy::Grace) && self.waits(chain) {
            return false;
        }
        let ledger = &mut self.book.silo.ledger;
        ledger.collateral += amount;
        ledger.in_liquidity_vault += amount;
        self.book.accounts[who].collateral += amount;
        true
    }

    fn ask_exit(&mut self, chain: &Chain, who: usize) -> bool {
        // GMX v2 takes the request and executes it later.
        if self.policy == Policy::GmxSolana && self.waits(chain) {
            return false;
        }
        if !self.leaving.contains(&who) {
            self.leaving.push(who);
        }
        true
    }

    fn quote(&mut self, chain: &Chain, who: usize, order: &MakerOrder) -> bool {
        if self.policy == Policy::GmxSolana && self.waits(chain) {
            return false;
        }
        if self.fills_later() {
            self.orders.push((who, *order));
        } else {
            self.fill(chain, who, order);
        }
        true
    }

    fn ask_pool(&mut self, chain: &Chain, place: usize, leaves: bool) -> bool {
        if self.policy == Policy::GmxSolana && self.waits(chain) {
            return false;
        }
        let now = Millis(Self::now_ms(chain));
        let taken = pool::ask(&mut self.book, place, leaves, now).is_ok();
        if !self.fills_later() {
            self.move_liquidity(chain);
        }
        taken
    }

    fn caution(&self, chain: &Chain) -> Caution {
        let waits = self.waits(chain);
        match self.policy {
            Policy::GmxSolana | Policy::Grace | Policy::Sentinel if waits => Caution::Shut,
            Policy::Breaker if waits => Caution::NoOpening,
            Policy::Drift if (0..self.feeds.len()).any(|market| self.is_stale(chain, market)) => {
                Caution::NoOpening
            }
            _ => Caution::Open,
        }
    }

    fn known_price(&self, chain: &Chain, market: usize) -> Option<u64> {
        let open = self.caution(chain) == Caution::Open;
        (!self.fills_later() && open).then_some(self.feeds[market].price)
    }

    fn fork(&self) -> Box<dyn Venue> {
        Box::new(self.clone())
    }
}
