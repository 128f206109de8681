//! What can be done to our venue, by the rules alone or by the compiled program. Whoever decides
//! what to do sees the books and nothing else, so both play the same game.

use holdfast_client::holdfast::checks::liquidation::{flaggable, liquidatable};
use holdfast_client::holdfast::checks::order::{
    OrderFate, admit, check_margin, order_fate, removable,
};
use holdfast_client::holdfast::clock::Chain as Seen;
use holdfast_client::holdfast::instructions::OrderRequest;
use holdfast_client::holdfast::instructions::chain::refresh_market::{take_price, take_reading};
use holdfast_client::holdfast::state::OrderState;
use holdfast_client::holdfast::trade_context;
use holdfast_risk::Millis;
use holdfast_risk::account::liquidation::{self, LiquidationContext};
use holdfast_risk::chain::fuse::Fuses;
use holdfast_risk::chain::health::{Monitor, Thresholds};
use holdfast_risk::market::aggregate::aggregate;
use holdfast_risk::market::reading::Quote;
use holdfast_testkit::chain::Chain;
use holdfast_testkit::sighting;

use super::book::Book;
use super::pool;
use super::venue::Liquidation;

/// Somebody who can act on our venue. Nothing of an act that fails is left.
pub trait Hands: Clone {
    /// The books.
    fn book(&self) -> &Book;
    /// Time has passed on the chain.
    fn pass(&mut self, chain: &Chain);
    /// What each of a market's feeds last said is read; `None` is a feed nobody read.
    fn refresh(&mut self, chain: &Chain, market: usize, quotes: &[Option<Quote>]) -> bool;
    /// A sample of the chain is kept.
    fn observe(&mut self, chain: &Chain) -> bool;
    /// An account is flagged.
    fn flag(&mut self, chain: &Chain, who: usize) -> bool;
    /// An account's position is liquidated.
    fn liquidate(&mut self, chain: &Chain, who: usize, market: usize) -> Option<Liquidation>;
    /// Margin is added.
    fn deposit(&mut self, chain: &Chain, who: usize, amount: u64) -> bool;
    /// An order is placed.
    fn place(&mut self, chain: &Chain, who: usize, market: usize, order: OrderRequest) -> bool;
    /// An order is executed, or removed where it lapsed; when the price it was executed at was
    /// published, milliseconds since 1970.
    fn execute(&mut self, chain: &Chain, who: usize, market: usize, number: u64) -> Option<u64>;
    /// A stake asks to join the liquidity pool with all it has, or to leave it.
    fn ask_pool(&mut self, chain: &Chain, place: usize, leaves: bool) -> bool;
    /// A stake's due request is executed.
    fn execute_pool(&mut self, chain: &Chain, place: usize) -> bool;
    /// A stake's lapsed request goes back.
    fn return_pool(&mut self, chain: &Chain, place: usize) -> bool;
}

/// The chain as a guarded instruction sees it.
pub fn guard(book: &Book, chain: &Chain) -> Seen {
    let last = Monitor::from(&book.health.monitor);
    let thresholds = Thresholds::from(&book.health.thresholds);
    let seen = sighting(chain, &last);
    Seen {
        monitor: last.guard(&seen, &thresholds),
        thresholds,
        now: seen.now,
        slot: seen.slot,
        fuses: Fuses::default(),
    }
}

/// The rules alone.
#[derive(Clone)]
pub struct Rules(pub Book);

impl Rules {
    fn try_refresh(
        &mut self,
        chain: &Chain,
        index: usize,
        quotes: &[Option<Quote>],
    ) -> anchor_lang::Result<bool> {
        let seen = guard(&self.0, chain);
        let mut market = self.0.markets[index];
        let mut learned = false;
        for (feed, quote) in quotes.iter().enumerate() {
            let Some(quote) = quote else { continue };
            learned |= take_reading(&mut market, feed, quote, &seen).is_ok();
        }
        if !learned {
            return Ok(false);
        }
        let (now, last_disruption) = (market.now(seen.now), seen.monitor.last_disruption);
        let previous = market.newest_price().published;
        let found = aggregate(&market.readings(), market.panel(), last_disruption, now, previous);
        if let Ok(found) = found {
            take_price(&mut market, &self.0.silo, &found, &seen)?;
        }
        self.0.markets[index] = market;
        Ok(true)
    }

    fn try_flag(&mut self, chain: &Chain, who: usize) -> anchor_lang::Result<()> {
        let seen = guard(&self.0, chain);
        let next = |index| self.0.open_market(index);
        let found = flaggable(&self.0.accounts[who], &seen, next)?;
        let account = &mut self.0.accounts[who];
        account.flagged_ms = found.now.0;
        account.flagged_slot = seen.slot;
        account.liquidatable_ms = found.liquidatable.0;
        account.shortfall = found.health.shortfall().0;
        Ok(())
    }

    fn try_liquidate(
        &mut self,
        chain: &Chain,
        who: usize,
        index: usize,
    ) -> anchor_lang::Result<Option<Liquidation>> {
        let seen = guard(&self.0, chain);
        let book = &self.0;
        let (mut silo, mut market, mut account) =
            (book.silo, book.markets[index], book.accounts[who]);
        let next = |index| book.open_market(index);
        let found = liquidatable(&silo, &account, &market, &seen, next)?;
        let met = LiquidationContext { due: found.due, now: found.now, most: found.most };
        let traded = liquidation::liquidate(
            &trade_context::open(&silo, &market, &account),
            &found.assessment,
            &found.leg,
            market.terms.liquidation(),
            &silo.cover(market.index, &account.debts, found.now),
            met,
        );
        let Ok(traded) = traded else { return Ok(None) };
        if found.most.is_some() {
            market.closed_in_thaw(found.now, traded.trade.notional)?;
        }
        trade_context::store(&traded, &mut silo, &mut market, &mut account, found.now)?;
        let partial = traded.book.position.size.0 != 0 && found.most.is_none();
        if partial || account.open_markets == 0 {
            account.clear_flag();
        }
        let mut keeper = self.0.keeper;
        keeper.receive(traded.passed_on.keeper.0)?;
        (self.0.silo, self.0.markets[index], self.0.accounts[who], self.0.keeper) =
            (silo, market, account, keeper);
        Ok(Some(Liquidation {
            who,
            market: index,
            price: found.leg.price.0,
            published_ms: found.point.published.0,
            closed: traded.trade.closed.0,
            bad_debt: traded.bad_debt.0,
            insured: traded.insured.0,
            reward: traded.passed_on.keeper.0,
            whole: traded.book.position.size.0 == 0,
        }))
    }

    fn try_place(
        &mut self,
        chain: &Chain,
        who: usize,
        index: usize,
        request: OrderRequest,
    ) -> anchor_lang::Result<bool> {
        let seen = guard(&self.0, chain);
        let (market, mut account) = (&self.0.markets[index], self.0.accounts[who]);
        let now = market.now(seen.now);
        let mut order = request.waiting(account.next_order, market, now, &seen);
        let permit = admit(&mut order, &account, market, &seen)?;
        if order.opens_up_to > 0 {
            let next = |index| self.0.open_market(index);
            check_margin(&account, &order, &seen, permit, next)?;
            account.reserved_margin += order.margin;
        }
        let free = account.orders.iter_mut().find(|slot| slot.number == 0);
        let Some(slot) = free.filter(|_| order.fee == 0) else { return Ok(false) };
        *slot = order;
        account.next_order += 1;
        self.0.accounts[who] = account;
        Ok(true)
    }

    fn try_execute(
        &mut self,
        chain: &Chain,
        who: usize,
        index: usize,
        number: u64,
    ) -> anchor_lang::Result<Option<u64>> {
        let seen = guard(&self.0, chain);
        let book = &self.0;
        let (mut silo, mut market, mut account) =
            (book.silo, book.markets[index], book.accounts[who]);
        let waiting: OrderState = *account.order_mut(number)?;
        let next = |index| book.open_market(index);
        if removable(&waiting, &account, &market, &seen, false).is_ok() {
            let fee = account.remove_order(number)?;
            account.receive(fee)?;
            self.0.accounts[who] = account;
            return Ok(None);
        }
        let fate = order_fate(&silo, &account, &market, &waiting, &seen, next)?;
        account.remove_order(number)?;
        let mut published = None;
        if let OrderFate::Executed(executed) = fate {
            published = Some(executed.point.published.0);
            let now = market.now(seen.now);
            trade_context::store(&executed.traded, &mut silo, &mut market, &mut account, now)?;
            if executed.traded.trade.opened.0 > 0 {
                account.note_position_change(market.index, now, seen.slot);
                account.clear_flag();
            }
        }
        (self.0.silo, self.0.markets[index], self.0.accounts[who]) = (silo, market, account);
        Ok(published)
    }
}

impl Hands for Rules {
    fn book(&self) -> &Book {
        &self.0
    }

    fn pass(&mut self, _: &Chain) {}

    fn refresh(&mut self, chain: &Chain, market: usize, quotes: &[Option<Quote>]) -> bool {
        self.try_refresh(chain, market, quotes).unwrap_or(false)
    }

    fn observe(&mut self, chain: &Chain) -> bool {
        let health = &mut self.0.health;
        for market in &self.0.markets {
            health.learn(market);
        }
        let last = Monitor::from(&health.monitor);
        let mut seen = sighting(chain, &last);
        let proven = health.proven(seen.clock);
        seen = holdfast_risk::chain::health::ChainSample {
            now: last.now(seen.clock, seen.slot, proven),
            proven,
            ..seen
        };
        let thresholds = Thresholds::from(&health.thresholds);
        if !last.is_due(seen.now, seen.slot, &thresholds) {
            return false;
        }
        let (after, _) = last.step(&seen, &thresholds);
        health.keep(&seen, &after);
        true
    }

    fn flag(&mut self, chain: &Chain, who: usize) -> bool {
        self.try_flag(chain, who).is_ok()
    }

    fn liquidate(&mut self, chain: &Chain, who: usize, market: usize) -> Option<Liquidation> {
        self.try_liquidate(chain, who, market).ok().flatten()
    }

    fn deposit(&mut self, _: &Chain, who: usize, amount: u64) -> bool {
        let ledger = &mut self.0.silo.ledger;
        ledger.collateral += amount;
        ledger.in_liquidity_vault += amount;
        self.0.accounts[who].collateral += amount;
        self.0.accounts[who].top_up(amount);
        true
    }

    fn place(&mut self, chain: &Chain, who: usize, market: usize, order: OrderRequest) -> bool {
        self.try_place(chain, who, market, order).unwrap_or(false)
    }

    fn execute(&mut self, chain: &Chain, who: usize, market: usize, number: u64) -> Option<u64> {
        self.try_execute(chain, who, market, number).ok().flatten()
    }

    fn ask_pool(&mut self, chain: &Chain, place: usize, leaves: bool) -> bool {
        let due = guard(&self.0, chain).now.after(Millis(self.0.silo.terms.request_delay_ms));
        pool::ask(&mut self.0, place, leaves, due).is_ok()
    }

    fn execute_pool(&mut self, chain: &Chain, place: usize) -> bool {
        let seen = guard(&self.0, chain);
        pool::execute(&mut self.0, &seen, place).is_ok()
    }

    fn return_pool(&mut self, chain: &Chain, place: usize) -> bool {
        let seen = guard(&self.0, chain);
        pool::give_back(&mut self.0, &seen, place).is_ok()
    }
}

/// When something was published, in whole seconds as providers have it.
pub fn whole_seconds(ms: u64) -> Millis {
    Millis(ms / 1_000 * 1_000)
}
