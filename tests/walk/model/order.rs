//! Orders, from asking to executing.

use holdfast_client::holdfast::account_health::Purpose;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_risk::account::execution::{
    ExecutionContext, ExecutionError, SiloRules, deciding_price, execute,
};
use holdfast_risk::account::margin::{covers, requirement};
use holdfast_risk::account::order::{Order, Parts, Trigger};
use holdfast_risk::account::position::notional;
use holdfast_risk::account::trade_context::Traded;
use holdfast_risk::chain::fuse::permit_with;
use holdfast_risk::chain::landing::order_has_landed;
use holdfast_risk::chain::policy::{Action as Asked, Permit};
use holdfast_risk::market::belief::{Lapsed, PriceUse};
use holdfast_risk::market::exposure::skew;
use holdfast_risk::market::spread::{half_spread, trade_price};
use holdfast_risk::math::Rounding;
use holdfast_risk::{Millis, Price, Side, SignedSize, Size, Usd};

use super::chain::Chain;
use super::money::owns;
use super::{Look, Outcome, Settings, require};
use crate::state::{Account, State, Waiting};

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Its trigger has not been set off.
    Untriggered,
    /// It can be taken back: there is nothing to trade.
    Idle,
    /// There is no price for it yet; one from this moment on decides.
    Awaits(Millis),
    /// It is decided and may be executed.
    Known,
    /// It was decided too long ago.
    Lapsed,
}

/// What a request asks for; what it may open, and when a price decides it, is not settled yet.
pub fn requested_order(asked: &OrderRequest) -> Order {
    Order {
        delta: SignedSize(asked.delta),
        limit: Price(asked.limit),
        reduce_only: asked.effect == OrderEffect::Reduce,
        any_price: asked.any_price,
        trigger: match asked.trigger {
            OrderTrigger::AtOrAbove { price } => Trigger::AtOrAbove(Price(price)),
            OrderTrigger::AtOrBelow { price } => Trigger::AtOrBelow(Price(price)),
            OrderTrigger::Immediate => Trigger::Immediate,
        },
        opens_up_to: Size(0),
        earliest: Millis(0),
        expires: Millis(asked.expires_ms),
    }
}

impl State {
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
        let plausible = Millis(asked.expires_ms).plausible_time_ms();
        require(plausible.is_ok(), HoldfastError::NotMilliseconds)?;
        let order = requested_order(&asked);
        require(order.check(now).is_ok(), HoldfastError::InvalidOrder)?;
        let state = self.existing(account)?;
        let opens = order.opened(state.positions[market].size);
        let permit = chain.require(if opens.0 > 0 {
            Asked::RequestOpening
        } else {
            Asked::RequestReduction
        })?;
        let margin = self.margin_to_reserve(market, &order, opens, &chain, permit, settings)?;
        let affordable = asked.fee <= state.balances.collateral.0;
        require(affordable, HoldfastError::NotEnoughCollateral)?;
        if margin.0 > 0 || asked.fee > 0 {
            self.check_backed(state, margin, Usd(asked.fee), &chain, permit, settings)?;
        }
        let decided_from = now.after(settings.markets[market].execution_delay);
        let immediate = order.trigger == Trigger::Immediate;
        let earliest = if immediate { decided_from } else { Millis(0) };
        let order = Order { opens_up_to: opens, earliest, ..order };
        let state = self.existing_mut(account)?;
        state.balances.collateral = state.balances.collateral.minus(Usd(asked.fee))?;
        state.reserved += asked.fee;
        state.reserved_margin += margin.0;
        let (number, fee, margin, slot) = (state.next_order, asked.fee, margin.0, chain.slot);
        state.next_order += 1;
        let free = state.orders.iter_mut().find(|slot| slot.is_none());
        *free.ok_or(HoldfastError::NoFreeOrderSlot)? =
            Some(Waiting { number, market, fee, margin, requested: now, slot, order });
        Ok(())
    }

    /// Initial margin and fee of what an order may open: at the newest price, the edge of a band that
    /// is not sure of it, or the level it waits for, and at a buyer's limit when that is lower.
    fn margin_to_reserve(
        &self,
        market: usize,
        order: &Order,
        opens: Size,
        chain: &Chain,
        permit: Permit,
        settings: &Settings,
    ) -> Outcome<Usd> {
        if opens.0 == 0 {
            return Ok(Usd(0));
        }
        let (books, terms) = (&self.markets[market], &settings.markets[market]);
        require(books.newest().high.0 > 0, HoldfastError::StalePrice)?;
        let newest = books.newest_stored();
        let doubted = || chain.valuation(books, terms).trader_adverse(Side::Short);
        let sure = newest.believed && !newest.sudden;
        let now = if sure { newest.point.high } else { doubted() };
        let highest = match (order.delta.side(), order.trigger) {
            (Side::Long, Trigger::AtOrAbove(level)) => now.max(level).min(order.limit),
            (Side::Long, _) => now.min(order.limit),
            (Side::Short, Trigger::AtOrAbove(level)) => now.max(level),
            (Side::Short, _) => now,
        };
        let value = notional(opens, highest, Rounding::Up)?;
        let initial = requirement(value, self.asked_initial(market, chain, permit, settings)?)?;
        let backed = initial.plus(requirement(value, settings.markets[market].taker_fee)?)?;
        let skewed = skew(books.longs.size, books.shorts.size)?;
        let delta = opens.on(order.delta.side())?;
        let spread = half_spread(terms.spread, skewed, delta, self.volatility(market))?;
        Ok(backed.plus(Usd(spread.portion_of(value.0, Rounding::Up)?))?)
    }

    /// The account carries its positions, all that its orders have reserved and this one as well.
    fn check_backed(
        &self,
        state: &Account,
        margin: Usd,
        fee: Usd,
        chain: &Chain,
        permit: Permit,
        settings: &Settings,
    ) -> Outcome {
        let takes_out = fee.0 > 0 && state.open().count() > 0;
        let permit = if takes_out { chain.require(Asked::WithdrawFree)? } else { permit };
        let mut health = self.standing(state, None, chain, Purpose::Margin(permit), settings)?;
        let reserved = Usd(state.reserved_margin).plus(margin)?;
        health.initial = health.initial.plus(reserved)?;
        let left = health.equity.minus(fee.signed()?)?;
        require(covers(left, health.initial), HoldfastError::BelowInitialMargin)?;
        let free = health.withdrawable(state.balances.collateral);
        require(!takes_out || fee <= free, HoldfastError::BelowInitialMargin)
    }

    /// How far an order is.
    fn progress(
        &self,
        state: &Account,
        waiting: &Waiting,
        chain: &Chain,
        settings: &Settings,
    ) -> Progress {
        let (order, index) = (&waiting.order, waiting.market);
        if order.earliest.0 == 0 {
            return Progress::Untriggered;
        }
        let parts = order.parts(state.positions[index].size, true);
        if parts == Parts::default() {
            return Progress::Idle;
        }
        let (books, terms) = (&self.markets[index], &settings.markets[index]);
        let from = order.decided_from(parts, state.changed[index], terms.execution_delay);
        let at = chain.moment(books, terms);
        let (recent, reference) = (books.recent.iter().copied(), books.reference.price);
        match deciding_price(order, recent, from, &at, reference) {
            Ok(None) => Progress::Awaits(from),
            Ok(Some(_)) => Progress::Known,
            Err(Lapsed) => Progress::Lapsed,
        }
    }

    /// How far each waiting order is, with its account.
    pub fn orders(&self, look: &Look, settings: &Settings) -> Vec<(usize, Waiting, Progress)> {
        let chain = self.guard(look);
        let accounts = self.accounts.iter().enumerate();
        let existing = accounts.filter_map(|(account, state)| Some((account, state.as_ref()?)));
        let waiting = existing.flat_map(|(account, state)| {
            state.orders.iter().flatten().map(move |waiting| (account, state, waiting))
        });
        let far = |(account, state, waiting): (usize, &Account, &Waiting)| {
            (account, *waiting, self.progress(state, waiting, &chain, settings))
        };
        waiting.map(far).collect()
    }

    pub(super) fn trigger(
        &mut self,
        account: usize,
        number: u64,
        market: usize,
        look: &Look,
        settings: &Settings,
    ) -> Outcome {
        let chain = self.guard(look);
        let state = self.existing(account)?;
        let waiting = state.order(number).ok_or(HoldfastError::OrderNotFound)?;
        require(waiting.market == market, HoldfastError::WrongMarket)?;
        let (books, terms) = (&self.markets[market], &settings.markets[market]);
        let at = chain.moment(books, terms);
        require(!waiting.order.is_expired(at.now), HoldfastError::OrderExpired)?;
        let progress = self.progress(state, &waiting, &chain, settings);
        let asleep = matches!(progress, Progress::Untriggered | Progress::Lapsed);
        let has_trigger = waiting.order.trigger != Trigger::Immediate;
        require(has_trigger && asleep, HoldfastError::AlreadyTriggered)?;
        let order = &waiting.order;
        let closes = order.parts(state.positions[market].size, true) != Parts::default();
        require(closes || !order.only_reduces(), HoldfastError::NothingToReduce)?;
        let newest = books.newest_stored();
        require(at.allows(&newest, PriceUse::Decide), HoldfastError::NoPriceYet)?;
        let met = waiting.order.trigger.is_met(newest.point.middle());
        require(met, HoldfastError::TriggerNotMet)?;
        let earliest = at.now.after(terms.execution_delay);
        let orders = &mut self.existing_mut(account)?.orders;
        let slot = orders.iter_mut().flatten().find(|waiting| waiting.number == number);
        let waiting = slot.ok_or(HoldfastError::OrderNotFound)?;
        (waiting.order.earliest, waiting.slot) = (earliest, chain.slot);
        Ok(())
    }

    pub(super) fn cancel(
        &mut self,
        signer: usize,
        account: usize,
        number: u64,
        market: usize,
        look: &Look,
        settings: &Settings,
    ) -> Outcome {
        let chain = self.guard(look);
        let state = self.existing(account)?;
        let waiting = state.order(number).ok_or(HoldfastError::OrderNotFound)?;
        require(waiting.market == market, HoldfastError::WrongMarket)?;
        let order = &waiting.order;
        let progress = self.progress(state, &waiting, &chain, settings);
        let lapsed = progress == Progress::Lapsed && order.trigger == Trigger::Immediate;
        let expired = order.is_expired(self.markets[market].now(chain.now));
        require(lapsed || expired || owns(signer, account), HoldfastError::OrderNotExpired)?;
        require(progress != Progress::Known, HoldfastError::PriceKnown)?;
        let within = settings.markets[market].decide_within;
        let now = self.markets[market].now(chain.now);
        let may_be = |first| order.may_be_decided(first, now, within);
        let unknown = !matches!(progress, Progress::Awaits(first) if may_be(first));
        require(unknown, HoldfastError::PriceKnown)?;
        self.remove(account, &waiting)?;
        self.existing_mut(account)?.receive(waiting.fee)
    }

    fn remove(&mut self, account: usize, waiting: &Waiting) -> Outcome {
        let state = self.existing_mut(account)?;
        let slot = state.orders.iter_mut().find(|slot| slot.as_ref() == Some(waiting));
        *slot.ok_or(HoldfastError::OrderNotFound)? = None;
        state.reserved -= waiting.fee;
        state.reserved_margin -= waiting.margin;
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
        let landed = order_has_landed(waiting.slot, chain.slot, &chain.monitor);
        require(waiting.order.earliest.0 == 0 || landed, HoldfastError::NoPriceYet)?;
        let (books, terms) = (&self.markets[market], &settings.markets[market]);
        let met = ExecutionContext {
            at: chain.moment(books, terms),
            volatility: self.volatility(market),
            reference: books.reference.price,
            opening: permit_with(Asked::Open, chain.monitor.state, chain.fuses),
            position_changed: state.changed[market],
        };
        let book = self.book(state, market);
        let rules = SiloRules {
            fees: settings.fees(self.ledger.insurance, self.open),
            cover: settings.cover(&self.draws, &state.debts, market, met.at.now),
        };
        let try_with = |opening| {
            let met = ExecutionContext { opening, ..met };
            execute(&book, &waiting.order, books.recent.iter().copied(), terms, &rules, &met)
        };
        let executed = match try_with(met.opening) {
            // Only once its price is known.
            Err(ExecutionError::TooSmall) => {
                let progress = self.progress(state, &waiting, &chain, settings);
                require(progress == Progress::Known, HoldfastError::NoPriceYet)?;
                return self.fails_for_good(account, &waiting);
            }
            Err(ExecutionError::Closed) if chain.fuses.take(Asked::Open) => {
                return Err(HoldfastError::FuseBlown.into());
            }
            other => other?,
        };
        let trade = executed.traded.trade;
        let taken = |traded| self.with_trade(account, &waiting, traded, met.at.now, settings);
        let mut after = taken(&executed.traded)?;
        if trade.opened.0 > 0 {
            let closes = trade.closed.0 > 0;
            let first = self.closes_first(state, &waiting, closes, &chain, settings);
            require(!first, HoldfastError::ClosingOrderFirst)?;
            require(chain.is_ready(books), HoldfastError::MarketNotReady)?;
            chain.fresh(books, terms)?;
            let opened = after.existing_mut(account)?;
            opened.clear_flag();
            opened.enlarged(market, met.at.now, chain.slot);
            if !after.carries(account, met.opening, &chain, settings)? {
                if trade.closed.0 == 0 {
                    return self.fails_for_good(account, &waiting);
                }
                after = taken(&try_with(Permit::Refused)?.traded)?;
            }
        }
        *self = after;
        self.existing_mut(executor)?.receive(waiting.fee)
    }

    /// The venue once an order has left its account and what it traded is booked.
    fn with_trade(
        &self,
        account: usize,
        waiting: &Waiting,
        traded: &Traded,
        now: Millis,
        settings: &Settings,
    ) -> Outcome<Self> {
        let mut after = self.clone();
        after.remove(account, waiting)?;
        after.take_over(traded, account, waiting.market, now, settings)?;
        Ok(after)
    }

    /// Whether an account keeps maintenance margin and what its orders have reserved.
    fn carries(
        &self,
        account: usize,
        opening: Permit,
        chain: &Chain,
        settings: &Settings,
    ) -> Outcome<bool> {
        let state = self.existing(account)?;
        let health = self.standing(state, None, chain, Purpose::Margin(opening), settings)?;
        Ok(covers(health.equity, health.maintenance.plus(Usd(state.reserved_margin))?))
    }

    /// Whether another order of the account is about to close part of the same position: an older one
    /// if this one `closes` as well.
    fn closes_first(
        &self,
        state: &Account,
        waiting: &Waiting,
        closes: bool,
        chain: &Chain,
        settings: &Settings,
    ) -> bool {
        let index = waiting.market;
        let (books, terms) = (&self.markets[index], &settings.markets[index]);
        let held = state.positions[index].size;
        let mut others = state.orders.iter().flatten();
        others.any(|other| {
            let Waiting { order, .. } = other;
            let parts = order.parts(held, true);
            let yields = !closes || other.number < waiting.number;
            if other == waiting || !yields || other.market != index || parts.closes.0 == 0 {
                return false;
            }
            let from = order.decided_from(parts, state.changed[index], terms.execution_delay);
            let at = chain.moment(books, terms);
            let recent = books.recent.iter().copied();
            let found = deciding_price(order, recent, from, &at, books.reference.price);
            let side = order.delta.side();
            let least = |price| trade_price(price, side, terms.spread.base).unwrap_or(price);
            let is_known = match found {
                Ok(Some(it)) => order.keeps_limit(least(it.point.traded(side))),
                Ok(None) => order.may_be_decided(from, at.now, terms.decide_within),
                Err(Lapsed) => false,
            };
            order.earliest.0 != 0 && is_known
        })
    }

    /// The order is removed, and its fee stays its owner's.
    fn fails_for_good(&mut self, account: usize, waiting: &Waiting) -> Outcome {
        self.remove(account, waiting)?;
        self.existing_mut(account)?.receive(waiting.fee)
    }
}
