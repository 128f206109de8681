//! Our venue: the program's checks decide, the way a keeper decides, and hands act.

use holdfast_client::holdfast::checks::liquidation::{flaggable, liquidatable};
use holdfast_client::holdfast::checks::order::{order_fate, removable};
use holdfast_client::holdfast::clock::Chain as Seen;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_client::holdfast::state::Market;
use holdfast_risk::chain::health::State;
use holdfast_risk::market::reading::Quote;
use holdfast_testkit::chain::Chain;

use super::book::Book;
use super::hands::{Hands, guard};
use super::venue::{Caution, Liquidation, Venue};

/// Our venue in somebody's hands.
#[derive(Clone)]
pub struct Ours<H>(pub H);

/// Something to do.
enum Work {
    Flag(usize),
    Liquidate(usize, usize),
    Execute(usize, usize, u64),
}

impl<H: Hands> Ours<H> {
    /// Flags and liquidations that are possible, the account that lacks most first.
    fn rescues(&self, seen: &Seen) -> Vec<Work> {
        let book = self.0.book();
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
        let book = self.0.book();
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
}

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
        self.0.book()
    }

    fn pass(&mut self, chain: &Chain) {
        self.0.pass(chain);
    }

    fn post(&mut self, chain: &Chain, quotes: &[Vec<Option<Quote>>]) {
        for (market, quotes) in quotes.iter().enumerate() {
            if quotes.iter().any(Option::is_some) {
                self.0.refresh(chain, market, quotes);
            }
        }
    }

    fn keep(&mut self, chain: &Chain) -> Vec<Liquidation> {
        let seen = guard(self.0.book(), chain);
        let work: Vec<_> = self.rescues(&seen).into_iter().chain(self.orders(&seen)).collect();
        let mut done = Vec::new();
        for work in work {
            match work {
                Work::Flag(who) => {
                    self.0.flag(chain, who);
                }
                Work::Liquidate(who, market) => done.extend(self.0.liquidate(chain, who, market)),
                Work::Execute(who, market, number) => {
                    self.0.execute(chain, who, market, number);
                }
            }
        }
        // Last: it can change what is allowed.
        let cadence = seen.thresholds.silence.0 / 10;
        if seen.now >= self.0.book().seen().after(holdfast_risk::Millis(cadence)) {
            self.0.observe(chain);
        }
        done
    }

    fn deposit(&mut self, chain: &Chain, who: usize, amount: u64) -> bool {
        self.0.deposit(chain, who, amount)
    }

    fn ask_exit(&mut self, chain: &Chain, who: usize) -> bool {
        let account = self.0.book().accounts[who];
        let mut taken = true;
        for index in account.open_indices() {
            let waits = |slot: &&_| {
                let slot: &holdfast_client::holdfast::state::OrderState = slot;
                slot.number != 0 && slot.market == index
            };
            if account.orders.iter().find(waits).is_none() {
                let order = exit_order(account.position(index).size.0);
                taken &= self.0.place(chain, who, usize::from(index), order);
            }
        }
        taken
    }

    fn caution(&self, chain: &Chain) -> Caution {
        let book = self.0.book();
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

    fn fork(&self) -> Box<dyn Venue> {
        Box::new(self.clone())
    }
}
