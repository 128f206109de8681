//! Our venue: the program's checks decide, the way a keeper decides, and hands act.

use holdfast_client::holdfast::checks::liquidation::{flaggable, liquidatable};
use holdfast_client::holdfast::checks::order::{order_fate, removable};
use holdfast_client::holdfast::clock::Chain as Seen;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_client::holdfast::state::{Market, PoolRequest};
use holdfast_risk::Millis;
use holdfast_risk::chain::health::State;
use holdfast_risk::market::reading::Quote;
use holdfast_risk::pool::request::Stage;
use holdfast_testkit::chain::Chain;

use super::book::{Book, Stake};
use super::hands::{Hands, guard};
use super::makers::MakerOrder;
use super::pool;
use super::venue::{Caution, Liquidation, Venue};

/// Our venue in somebody's hands.
#[derive(Clone)]
pub struct Ours<H> {
    hands: H,
    /// What was done at a price that it must not be done at.
    broken: Option<String>,
    /// How often it was brought back to what it was before blocks vanished.
    forks: u64,
}

/// Something to do.
enum Work {
    Flag(usize),
    Liquidate(usize, usize),
    Execute(usize, usize, u64),
    Pool(usize),
    Return(usize),
}

impl<H: Hands> Ours<H> {
    /// The venue in these hands.
    pub const fn new(hands: H) -> Self {
        Self { hands, broken: None, forks: 0 }
    }

    /// Notes a price that was published before what it decides could be known, or before the chain's
    /// last disruption.
    fn check_price(&mut self, what: &str, published_ms: u64, earliest_ms: u64, seen: &Seen) {
        let earliest = earliest_ms.max(seen.monitor.last_disruption.0);
        if published_ms < earliest {
            let said = format!("{what} at a price of {published_ms}, before {earliest}");
            self.broken.get_or_insert(said);
        }
    }

    /// Flags and liquidations that are possible, the account that lacks most first.
    fn rescues(&self, seen: &Seen) -> Vec<Work> {
        let book = self.hands.book();
        let next = |index| book.open_market(index);
        let mut found = Vec::new();
        for (who, account) in book.accounts.iter().enumerate() {
            if account.open_markets == 0 {
                continue;
            }
            let closable = account.open_indices().map(usize::from).find_map(|index| {
                let market = &book.markets[index];
                let found = liquidatable(&book.silo, account, market, seen, next).ok()?;
                Some((found.assessment.health.shortfall(), index))
            });
            if let Some((missing, index)) = closable.filter(|_| account.flagged_ms != 0) {
                found.push((missing, Work::Liquidate(who, index)));
            } else if let Ok(flag) = flaggable(account, seen, next) {
                found.push((flag.health.shortfall(), Work::Flag(who)));
            }
        }
        found.sort_by_key(|(missing, _)| core::cmp::Reverse(*missing));
        found.into_iter().map(|(_, work)| work).collect()
    }

    /// Orders that execute or have lapsed, older ones first.
    fn orders(&self, seen: &Seen) -> Vec<Work> {
        let book = self.hands.book();
        let next = |index| book.open_market(index);
        let mut found = Vec::new();
        for (who, account) in book.accounts.iter().enumerate() {
            for slot in account.orders.iter().filter(|slot| slot.number != 0) {
                let index = usize::from(slot.market);
                let market = &book.markets[index];
                let due = order_fate(&book.silo, account, market, slot, seen, next).is_ok()
                    || removable(slot, account, market, seen, false).is_ok();
                if due {
                    found.push((slot.requested_ms, Work::Execute(who, index, slot.number)));
                }
            }
        }
        found.sort_by_key(|(requested, _)| *requested);
        found.into_iter().map(|(_, work)| work).collect()
    }

    /// Requests at the pool that execute or have lapsed.
    fn requests(&self, seen: &Seen) -> Vec<Work> {
        let book = self.hands.book();
        let stakes = book.stakes.iter().enumerate();
        let stage = |waiting: PoolRequest| waiting.stage(seen, &book.health);
        let due = |(place, stake): (usize, &Stake)| match stage(stake.request?) {
            Stage::Waits => None,
            // Tried on a copy first, as a keeper does.
            Stage::Due => {
                let executes = pool::execute(&mut book.clone(), seen, place).is_ok();
                executes.then_some(Work::Pool(place))
            }
            Stage::Lapsed => Some(Work::Return(place)),
        };
        stakes.filter_map(due).collect()
    }
}

/// How long a maker's order waits: a quote is not good for longer.
const QUOTE_MS: u64 = 60_000;

/// An order that closes a position whole, whatever its size and however long it takes.
fn exit_order(held: i64) -> OrderRequest {
    OrderRequest {
        delta: if held > 0 { -i64::MAX } else { i64::MAX },
        limit: if held > 0 { 1 } else { u64::MAX / 2 },
        trigger: OrderTrigger::Immediate,
        effect: OrderEffect::Reduce,
        any_price: false,
        expires_ms: u64::MAX,
        fee: 0,
    }
}

impl<H: Hands + 'static> Venue for Ours<H> {
    fn book(&self) -> &Book {
        self.hands.book()
    }

    fn pass(&mut self, chain: &Chain) {
        self.hands.pass(chain);
    }

    fn post(&mut self, chain: &Chain, quotes: &[Vec<Option<Quote>>]) {
        for (market, quotes) in quotes.iter().enumerate() {
            if quotes.iter().any(Option::is_some) {
                self.hands.refresh(chain, market, quotes);
            }
        }
    }

    fn keep(&mut self, chain: &Chain) -> Vec<Liquidation> {
        let seen = guard(self.hands.book(), chain);
        let mut work = self.rescues(&seen);
        work.extend(self.orders(&seen));
        work.extend(self.requests(&seen));
        let mut done = Vec::new();
        for work in work {
            match work {
                Work::Flag(who) => {
                    self.hands.flag(chain, who);
                }
                Work::Liquidate(who, market) => {
                    let book = self.hands.book();
                    let of = &book.markets[market];
                    let earliest = book.accounts[who].liquidatable_from(of).0;
                    let Some(event) = self.hands.liquidate(chain, who, market) else { continue };
                    self.check_price("a liquidation", event.published_ms, earliest, &seen);
                    done.push(event);
                }
                Work::Execute(who, market, number) => {
                    let orders = &self.hands.book().accounts[who].orders;
                    let order = orders.iter().find(|order| order.number == number);
                    let earliest = order.map_or(0, |order| order.earliest_ms);
                    let at = self.hands.execute(chain, who, market, number);
                    if let Some(published) = at {
                        self.check_price("an order", published, earliest, &seen);
                    }
                }
                Work::Pool(place) => {
                    self.hands.execute_pool(chain, place);
                }
                Work::Return(place) => {
                    self.hands.return_pool(chain, place);
                }
            }
        }
        // Last: it can change what is allowed.
        let cadence = seen.thresholds.silence.0 / 10;
        if seen.now >= self.hands.book().seen().after(Millis(cadence)) {
            self.hands.observe(chain);
        }
        done
    }

    fn deposit(&mut self, chain: &Chain, who: usize, amount: u64) -> bool {
        self.hands.deposit(chain, who, amount)
    }

    fn ask_exit(&mut self, chain: &Chain, who: usize) -> bool {
        let account = self.hands.book().accounts[who];
        let mut taken = true;
        for index in account.open_indices() {
            let waits = |slot: &&_| {
                let slot: &holdfast_client::holdfast::state::OrderState = slot;
                slot.number != 0 && slot.market == index
            };
            if account.orders.iter().find(waits).is_none() {
                let order = exit_order(account.position(index).size.0);
                taken &= self.hands.place(chain, who, usize::from(index), order);
            }
        }
        taken
    }

    fn quote(&mut self, chain: &Chain, who: usize, order: &MakerOrder) -> bool {
        let now = guard(self.hands.book(), chain).now;
        let request = OrderRequest {
            delta: order.delta,
            limit: order.limit,
            trigger: OrderTrigger::Immediate,
            effect: OrderEffect::Open,
            any_price: false,
            expires_ms: now.after(Millis(QUOTE_MS)).0,
            fee: 0,
        };
        self.hands.place(chain, who, order.market, request)
    }

    fn ask_pool(&mut self, chain: &Chain, place: usize, leaves: bool) -> bool {
        self.hands.ask_pool(chain, place, leaves)
    }

    fn caution(&self, chain: &Chain) -> Caution {
        let book = self.hands.book();
        let seen = guard(book, chain);
        let last_disruption = seen.monitor.last_disruption;
        let priced = |market: &Market| {
            market.valuation(seen.now, last_disruption).is_certain()
                && market.is_ready(last_disruption)
        };
        match seen.monitor.state {
            State::Normal if book.markets.iter().all(priced) => Caution::Open,
            State::Strained | State::Throttled if book.markets.iter().all(priced) => {
                Caution::Careful
            }
            State::Normal | State::Strained | State::Throttled => Caution::NoOpening,
            State::Thaw => Caution::Bounded,
            State::Shelter => Caution::Shut,
        }
    }

    fn known_price(&self, _: &Chain, _: usize) -> Option<u64> {
        // What decides an order is published after it was placed.
        None
    }

    fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    fn forks(&self) -> u64 {
        self.forks
    }

    fn fork(&self) -> Box<dyn Venue> {
        Box::new(Self { forks: self.forks + 1, ..self.clone() })
    }
}
