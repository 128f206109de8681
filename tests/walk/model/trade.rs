//! Orders, flags and liquidations.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::OrderRequest;
use holdfast_risk::account::execution::{ExecutionContext, execute};
use holdfast_risk::account::liquidation::{
    self, LiquidationContext, MarginAssessment, flag_stands, is_liquidatable,
};
use holdfast_risk::account::loss::{self, ByMarket, Charged, debts_after};
use holdfast_risk::account::margin::{Health, Leg, Ratios, requirement};
use holdfast_risk::account::order::Order;
use holdfast_risk::account::trade_context::{TradeContext, Traded};
use holdfast_risk::chain::health::Thresholds;
use holdfast_risk::chain::latency::{exposure, initial_ratio};
use holdfast_risk::chain::policy::{Action as RequestTracker, Permit, permit};
use holdfast_risk::chain::rate_limit::{thaw_left, thaw_spend};
use holdfast_risk::market::price::first_since;
use holdfast_risk::{Bps, Millis, Ppm, Price, Side, SignedSize, Usd};

use super::chain::Chain;
use super::money::owns;
use super::{Look, Outcome, Refused, Settings, require};
use crate::read::trigger;
use crate::state::{Account, Draws, State, Waiting};

/// Where an account stands.
pub struct Standing {
    /// Equity and requirements.
    pub health: Health,
    largest_other: Usd,
    now: Millis,
}

impl State {
    /// An account's standing: at initial margin where it is asked for, against its owner, otherwise
    /// in their favour; its market of the instruction at the price given.
    pub(super) fn standing(
        &self,
        account: &Account,
        own: Option<(usize, Price)>,
        chain: &Chain,
        asked: Option<Permit>,
        settings: &Settings,
    ) -> Outcome<Standing> {
        let mut health = Health::new(&account.balances)?;
        let (mut largest_other, mut now) = (Usd(0), chain.now);
        for index in account.open() {
            let own_price = own.filter(|(market, _)| *market == index).map(|(_, price)| price);
            let terms = &settings.markets[index];
            let mark = chain.mark(&self.markets[index], terms);
            let side = account.positions[index].size.side();
            let worth = if asked.is_some() {
                mark.trader_adverse(side)
            } else {
                mark.trader_favourable(side)
            };
            let price = own_price.unwrap_or(worth);
            let mut leg = self.leg(account, index, price, terms.ratios);
            if let Some(permit) = asked {
                leg.ratios.initial = self.asked_initial(index, chain, permit, settings)?;
            }
            let required = health.add(&leg)?;
            if own_price.is_none() {
                largest_other = largest_other.max(required);
            }
            now = now.max(self.markets[index].newest().published);
        }
        Ok(Standing { health, largest_other, now })
    }

    /// A position at a price.
    pub fn leg(&self, account: &Account, index: usize, price: Price, ratios: Ratios) -> Leg {
        let (position, accruals) = (account.positions[index], &self.markets[index].accruals);
        let carry = match position.size.side() {
            Side::Long => accruals.carry_long,
            Side::Short => accruals.carry_short,
        };
        Leg { position, price, carry, ratios }
    }

    fn volatility(&self, index: usize) -> Ppm {
        self.markets[index].accruals.volatility.per_minute()
    }

    fn asked_initial(
        &self,
        index: usize,
        chain: &Chain,
        permit: Permit,
        settings: &Settings,
    ) -> Outcome<Bps> {
        let terms = &settings.markets[index];
        let wait = exposure(terms.flag_delay, &chain.monitor, &Thresholds::default());
        let (floor, costs) = (terms.ratios.initial, terms.liquidation.penalty);
        let stressed = permit == Permit::Stressed;
        let volatility = self.volatility(index).max(terms.tier_volatility);
        Ok(initial_ratio(floor, costs, volatility, wait, stressed)?)
    }

    fn book(&self, account: &Account, index: usize) -> TradeContext {
        let market = &self.markets[index];
        TradeContext {
            position: account.positions[index],
            balances: account.balances,
            others: account.open().any(|open| open != index),
            longs: market.longs,
            shorts: market.shorts,
            carry_long: market.accruals.carry_long,
            carry_short: market.accruals.carry_short,
            ledger: self.ledger,
            open: self.open,
        }
    }

    fn take_over(
        &mut self,
        traded: &Traded,
        account: usize,
        index: usize,
        now: Millis,
        settings: &Settings,
    ) -> Outcome {
        let book = &traded.book;
        self.charge(traded, account, index, now, settings)?;
        let market = &mut self.markets[index];
        (market.longs, market.shorts) = (book.longs, book.shorts);
        (self.ledger, self.open) = (book.ledger, book.open);
        let state = self.existing_mut(account)?;
        state.positions[index] = book.position;
        state.set_balances(book.balances, now)
    }

    /// What the account owes arose in this market, what it paid takes the first; bad debt is charged.
    fn charge(
        &mut self,
        traded: &Traded,
        account: usize,
        index: usize,
        now: Millis,
        settings: &Settings,
    ) -> Outcome {
        let state = self.existing(account)?;
        let (owed, owes) = (state.balances.debt, traded.book.balances.debt);
        let (debts, draws) = (state.debts, self.draws);
        let cover = settings.rules(&draws, &debts, index, now).cover;
        let left = if traded.bad_debt.0 > 0 {
            let charged = cover.insure(owed, traded.bad_debt, self.ledger.insurance)?;
            self.take_draws(&charged);
            ByMarket::default()
        } else {
            debts_after(&debts, cover.market, owed, owes)?
        };
        self.existing_mut(account)?.debts = left;
        Ok(())
    }

    fn take_draws(&mut self, charged: &Charged) {
        self.draws = Draws { since: charged.since, start: charged.start, drawn: charged.drawn };
    }

    pub(super) fn write_off(
        &mut self,
        account: usize,
        look: &Look,
        settings: &Settings,
    ) -> Outcome {
        let state = self.existing(account)?;
        let chain = self.guard(look);
        let trusted = permit(RequestTracker::Liquidate, chain.monitor.state) == Permit::Allowed;
        require(trusted, HoldfastError::ChainNotReady)?;
        let Standing { health, now, .. } = self.standing(state, None, &chain, None, settings)?;
        let cover = settings.rules(&self.draws, &state.debts, 0, now).cover;
        let done = loss::write_off(&self.ledger, state.balances, health.unrealised, &cover)?;
        self.ledger = done.ledger;
        self.take_draws(&done.charged);
        let state = self.existing_mut(account)?;
        state.debts = done.debts;
        state.set_balances(done.balances, now)
    }

    pub(super) fn place(
        &mut self,
        signer: usize,
        account: usize,
        market: usize,
        asked: OrderRequest,
        look: &Look,
        settings: &Settings,
    ) -> Outcome {
        self.existing(account)?;
        require(owns(signer, account), HoldfastError::NotOwner)?;
        let chain = self.guard(look);
        let now = self.markets[market].now(chain.now);
        let order = Order {
            delta: SignedSize(asked.delta),
            limit: Price(asked.limit),
            reduce_only: asked.reduce_only,
            trigger: trigger(asked.trigger, asked.trigger_price),
            requested: now,
            expires: Millis(asked.expires_ms),
        };
        require(asked.trigger <= 2 && order.can_execute(now), HoldfastError::InvalidOrder)?;
        let state = self.existing(account)?;
        let opens = order.opens(state.positions[market].size);
        chain.require(if opens {
            RequestTracker::RequestOpening
        } else {
            RequestTracker::RequestReduction
        })?;
        let affordable = asked.fee <= state.balances.collateral.0;
        require(affordable, HoldfastError::NotEnoughCollateral)?;
        if asked.fee > 0 && state.open().count() > 0 {
            let permit = chain.require(RequestTracker::WithdrawFree)?;
            let standing = self.standing(state, None, &chain, Some(permit), settings)?;
            let free = standing.health.withdrawable(state.balances.collateral);
            require(asked.fee <= free.0, HoldfastError::BelowInitialMargin)?;
        }
        let state = self.existing_mut(account)?;
        state.balances.collateral = state.balances.collateral.minus(Usd(asked.fee))?;
        state.reserved += asked.fee;
        let (number, fee) = (state.next_order, asked.fee);
        state.next_order += 1;
        let free = state.orders.iter_mut().find(|slot| slot.is_none());
        *free.ok_or(HoldfastError::NoFreeOrderSlot)? = Some(Waiting { number, market, fee, order });
        Ok(())
    }

    pub(super) fn cancel(
        &mut self,
        signer: usize,
        account: usize,
        number: u64,
        look: &Look,
    ) -> Outcome {
        let waiting = self.existing(account)?.order(number);
        let waiting = waiting.ok_or(HoldfastError::OrderNotFound)?;
        let removable = owns(signer, account) || waiting.order.is_expired(look.clock);
        require(removable, HoldfastError::OrderNotExpired)?;
        self.remove(account, &waiting)?;
        self.existing_mut(account)?.receive(waiting.fee)
    }

    fn remove(&mut self, account: usize, waiting: &Waiting) -> Outcome {
        let state = self.existing_mut(account)?;
        let slot = state.orders.iter_mut().find(|slot| slot.as_ref() == Some(waiting));
        *slot.ok_or(HoldfastError::OrderNotFound)? = None;
        state.reserved -= waiting.fee;
        Ok(())
    }

    pub(super) fn execute(
        &mut self,
        account: usize,
        number: u64,
        market: usize,
        executor: usize,
        look: &Look,
        settings: &Settings,
    ) -> Outcome {
        self.existing(executor)?;
        let state = self.existing(account)?;
        let chain = self.guard(look);
        let waiting = state.order(number).ok_or(HoldfastError::OrderNotFound)?;
        require(waiting.market == market, HoldfastError::WrongMarket)?;
        let met = ExecutionContext {
            now: self.markets[market].now(chain.now),
            last_disruption: chain.monitor.last_disruption,
            volatility: self.volatility(market),
            opening: permit(RequestTracker::Open, chain.monitor.state),
        };
        let recent = self.markets[market].recent.iter().copied();
        let terms = &settings.markets[market];
        let rules = settings.rules(&self.draws, &state.debts, market, met.now);
        let book = self.book(state, market);
        let executed = execute(&book, &waiting.order, recent, terms, &rules, met)?;
        self.take_over(&executed.traded, account, market, met.now, settings)?;
        if executed.traded.trade.opened.0 > 0 {
            self.check_opened(account, market, &chain, met.opening, settings)?;
        }
        self.remove(account, &waiting)?;
        self.existing_mut(executor)?.receive(waiting.fee)
    }

    fn check_opened(
        &mut self,
        account: usize,
        market: usize,
        chain: &Chain,
        opening: Permit,
        settings: &Settings,
    ) -> Outcome {
        let books = &self.markets[market];
        require(chain.is_ready(books), HoldfastError::MarketNotReady)?;
        chain.fresh(books, &settings.markets[market])?;
        let state = self.existing(account)?;
        let standing = self.standing(state, None, chain, Some(opening), settings)?;
        require(standing.health.meets_initial(), HoldfastError::BelowInitialMargin)?;
        self.existing_mut(account)?.clear_flag();
        Ok(())
    }

    pub(super) fn flag(&mut self, account: usize, look: &Look, settings: &Settings) -> Outcome {
        let state = self.existing(account)?;
        let chain = self.guard(look);
        let Standing { health, now, .. } = self.standing(state, None, &chain, None, settings)?;
        require(!flag_stands(state.flagged, now), HoldfastError::AlreadyFlagged)?;
        require(!health.meets_maintenance(), HoldfastError::AccountSafe)?;
        let state = self.existing_mut(account)?;
        (state.flagged, state.shortfall) = (now, health.shortfall().0);
        Ok(())
    }

    pub(super) fn liquidate(
        &mut self,
        account: usize,
        market: usize,
        liquidator: usize,
        look: &Look,
        settings: &Settings,
    ) -> Outcome {
        let state = self.existing(account)?;
        self.existing(liquidator)?;
        let chain = self.guard(look);
        let now = self.markets[market].now(chain.now);
        let flagged = state.flagged;
        require(flag_stands(flagged, now), HoldfastError::NotFlagged)?;
        let (books, terms) = (&self.markets[market], &settings.markets[market]);
        require(chain.is_ready(books), HoldfastError::MarketNotReady)?;
        let earliest = flagged.after(terms.flag_delay).max(chain.monitor.last_disruption);
        let point = first_since(books.recent.iter().copied(), earliest);
        let point = point.ok_or(HoldfastError::NoPriceYet)?;
        let mark = chain.mark(books, terms);
        require(mark.allows(point), HoldfastError::PriceOutsideBand)?;
        let side = state.positions[market].size.side();
        let price = mark.liquidation_price(point, side);
        let own = Some((market, price));
        let standing = self.standing(state, own, &chain, None, settings)?;
        let leg = self.leg(state, market, point.trader_adverse(side), terms.ratios);
        may_liquidate(&standing, &leg, &chain, now)?;
        let book = self.book(state, market);
        let cover = settings.rules(&self.draws, &state.debts, market, now).cover;
        let (judged, rules) =
            (MarginAssessment { health: standing.health, price }, terms.liquidation);
        let paced = permit(RequestTracker::Liquidate, chain.monitor.state) == Permit::RisingLine;
        let (thaw, liquidity) = (self.markets[market].thaw, self.ledger.liquidity);
        let left = thaw_left(thaw, now, liquidity, terms.thaw_pace)?;
        let met = LiquidationContext { flagged, now, most: paced.then_some(left) };
        let traded = liquidation::liquidate(&book, &judged, &leg, rules, &cover, met)?;
        if paced {
            self.markets[market].thaw = thaw_spend(thaw, now, traded.trade.notional)?;
        }
        self.take_over(&traded, account, market, now, settings)?;
        // The account is open for writing already.
        if liquidator == account {
            return Err(Refused::Elsewhere);
        }
        let state = self.existing_mut(account)?;
        let partial = state.positions[market].size.0 != 0 && !paced;
        if partial || state.open().count() == 0 {
            state.clear_flag();
        }
        self.existing_mut(liquidator)?.receive(traded.passed_on.keeper.0)
    }
}

fn may_liquidate(standing: &Standing, leg: &Leg, chain: &Chain, now: Millis) -> Outcome {
    let health = &standing.health;
    require(!health.meets_maintenance(), HoldfastError::AccountSafe)?;
    let reached = is_liquidatable(health, &chain.monitor, Thresholds::default().thaw, now);
    require(reached, HoldfastError::ChainNotReady)?;
    require(leg.position.size.0 != 0, HoldfastError::NoPosition)?;
    let required = requirement(leg.notional()?, leg.ratios.maintenance)?;
    require(required >= standing.largest_other, HoldfastError::NotLargestLeg)
}
