//! What becomes of an order now: it is executed, is removed, or waits.

use core::ops::Deref;

use anchor_lang::prelude::*;
use holdfast_risk::account::execution::{
    Deciding, Executed, ExecutionContext, ExecutionError, deciding_price, execute,
};
use holdfast_risk::account::margin::{covers, requirement};
use holdfast_risk::account::order::{Order, Parts};
use holdfast_risk::account::position::notional;
use holdfast_risk::chain::landing::order_has_landed;
use holdfast_risk::chain::policy::{Action, Permit};
use holdfast_risk::market::belief::{Lapsed, PriceUse};
use holdfast_risk::market::exposure::skew;
use holdfast_risk::market::spread::{half_spread, trade_price};
use holdfast_risk::market::terms::MarketTerms;
use holdfast_risk::math::Rounding;
use holdfast_risk::{Millis, Price, Side, Size, Usd};

use crate::account_health::{
    OwnLeg, Purpose, compute_account_health, initial_ratio, require_certain,
};
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::state::{MarginAccount, Market, OrderState, Silo};
use crate::trade_context;

/// What becomes of an order that somebody executes.
#[expect(clippy::large_enum_variant, reason = "nearly all are executed; a box is copied into")]
pub enum OrderFate {
    /// It is executed.
    Executed(Executed),
    /// It is removed, because of what its owner has done since it was placed.
    Removed(RemovalReason),
}

/// Why an order was removed unexecuted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RemovalReason {
    /// Its owner took it back.
    Cancelled = 0,
    /// Its time was over.
    Expired = 1,
    /// The price that decided it passed without anybody executing it.
    Lapsed = 2,
    /// The account's margin no longer carried what it would have opened.
    Margin = 3,
    /// What it would have opened was too small to be kept.
    TooSmall = 4,
    /// Its market was settled.
    Settled = 5,
}

impl OrderFate {
    /// Whether margin was asked of the account's other markets.
    pub fn read_other_markets(&self) -> bool {
        match self {
            Self::Executed(executed) => executed.traded.trade.opened.0 > 0,
            Self::Removed(reason) => *reason == RemovalReason::Margin,
        }
    }
}

/// What becomes of a waiting order when it is executed now; an error where it waits.
///
/// An order is removed only if its owner could otherwise choose, by making it possible later, whether
/// to take a price that is known by then.
pub fn order_fate<M: Deref<Target = Market>>(
    silo: &Silo,
    account: &MarginAccount,
    market: &Market,
    waiting: &OrderState,
    chain: &Chain,
    next: impl FnMut(u8) -> Result<M>,
) -> Result<OrderFate> {
    market.require_trading()?;
    require!(waiting.market == market.index, HoldfastError::WrongMarket);
    let landed = order_has_landed(waiting.slot, chain.slot, &chain.monitor);
    require!(waiting.earliest_ms == 0 || landed, HoldfastError::NoPriceYet);
    let opening = chain.within(silo).permit(Action::Open);
    let met = ExecutionContext {
        at: market.moment(chain.now, chain.monitor.last_disruption),
        volatility: market.volatility().per_minute(),
        reference: Price(market.reference_price),
        opening,
        position_changed: account.position_changed(market.index),
    };
    let (order, context) = (Order::from(waiting), trade_context::open(silo, market, account));
    let (terms, rules) =
        (MarketTerms::from(&market.terms), silo.rules(market.index, &account.debts, met.at.now));
    let try_with = |opening| {
        let met = ExecutionContext { opening, ..met };
        execute(&context, &order, market.recent_prices(), &terms, &rules, &met)
    };
    let executed = match try_with(opening) {
        // Only once its price is known: until then its owner has no choice between prices.
        Err(ExecutionError::TooSmall) => {
            let progress = order_progress(&order, account, market, chain);
            require!(progress == OrderProgress::PriceKnown, HoldfastError::NoPriceYet);
            return Ok(OrderFate::Removed(RemovalReason::TooSmall));
        }
        Err(ExecutionError::Closed) if chain.within(silo).fuses.take(Action::Open) => {
            return err!(HoldfastError::FuseBlown);
        }
        other => other.into_program_error()?,
    };
    if executed.traded.trade.opened.0 > 0 {
        let first = closes_first(account, market, waiting, executed.traded.trade.closed, chain);
        require!(!first, HoldfastError::ClosingOrderFirst);
        require!(market.is_ready(chain.monitor.last_disruption), HoldfastError::MarketNotReady);
        let valuation = market.valuation(chain.now, chain.monitor.last_disruption);
        require_certain(&valuation)?;
        let position = executed.traded.book.position;
        let price = valuation.trader_adverse(position.size.side());
        let own = OwnLeg { market, position, price };
        if !carries(account, own, waiting, &executed, chain, opening, next)? {
            // What closes needs no margin.
            return Ok(if executed.traded.trade.closed.0 > 0 {
                OrderFate::Executed(try_with(Permit::Refused).into_program_error()?)
            } else {
                OrderFate::Removed(RemovalReason::Margin)
            });
        }
    }
    Ok(OrderFate::Executed(executed))
}

/// Whether another order of the account closes part of the position at a price that is known, or may be
/// published and not yet stored: it goes first. An order that opens would put it off, and its owner could
/// choose by that whether to take the price. Of two that both close, as `closed` of this one tells, the older goes first.
fn closes_first(
    account: &MarginAccount,
    market: &Market,
    waiting: &OrderState,
    closed: Size,
    chain: &Chain,
) -> bool {
    let spread = market.terms.spread();
    let yields = |slot: &&OrderState| {
        slot.number < waiting.number || (closed.0 == 0 && slot.number > waiting.number)
    };
    let others =
        account.orders.iter().filter(|slot| slot.number != 0 && slot.market == market.index);
    let others = others.filter(yields);
    others.map(Order::from).any(|order| {
        let closes = order.parts(account.position(market.index).size, false).closes.0 > 0;
        let side = order.delta.side();
        // What cannot be executed with the least spread cannot be at all.
        let least = |index| trade_price(index, side, spread.base).unwrap_or(index);
        let is_known = || match decided(&order, account, market, chain) {
            Ok(Some(it)) => order.keeps_limit(least(it.point.traded(side))),
            Ok(None) => order.earliest.0 != 0 && may_be_known(&order, account, market, chain),
            Err(Lapsed) => false,
        };
        closes && is_known()
    })
}

/// Whether the account keeps maintenance margin, and what other orders have reserved, with an order
/// executed. Its initial margin was reserved when it was placed. To ask for that again would let its
/// owner choose, once its price is known: by taking out or adding a little.
fn carries<M: Deref<Target = Market>>(
    account: &MarginAccount,
    own: OwnLeg,
    order: &OrderState,
    executed: &Executed,
    chain: &Chain,
    opening: Permit,
    next: impl FnMut(u8) -> Result<M>,
) -> Result<bool> {
    let asked = Purpose::Margin(opening);
    let (balances, own) = (executed.traded.book.balances, Some(own));
    let health = compute_account_health(account, &balances, own, chain, asked, next, |_, _| ())?;
    let others = account.reserved_margin.saturating_sub(order.margin);
    let asked = health.maintenance.plus(Usd(others)).into_program_error()?;
    Ok(covers(health.equity, asked))
}

/// Initial margin to reserve for opening `size` with an order, and for its fee and spread: at the market's newest
/// price; where that is sudden, at no less than the one before it, and where nobody believes it, at no
/// less than the upper edge of its band. An order that waits for a higher price reserves at that one,
/// and a buy at no more than its limit.
fn margin_to_reserve(
    market: &Market,
    chain: &Chain,
    permit: Permit,
    order: &Order,
    size: Size,
) -> Result<Usd> {
    let newest = market.newest_stored();
    require!(newest.point.high.0 > 0, HoldfastError::StalePrice);
    let highest = if newest.believed && !newest.sudden {
        newest.point.high
    } else {
        let valuation = market.valuation(chain.now, chain.monitor.last_disruption);
        valuation.trader_adverse(Side::Short)
    };
    let price = order.highest_price(highest);
    let value = notional(size, price, Rounding::Up).into_program_error()?;
    let ratio = initial_ratio(market, chain, permit)?;
    let margin = requirement(value, ratio).into_program_error()?;
    let fee = requirement(value, holdfast_risk::Bps(market.terms.taker_fee_bps));
    let margin = margin.plus(fee.into_program_error()?).into_program_error()?;
    let skew = skew(Size(market.longs.size), Size(market.shorts.size)).into_program_error()?;
    let delta = size.on(order.delta.side()).into_program_error()?;
    let spread = half_spread(market.terms.spread(), skew, delta, market.volatility().per_minute());
    let spread = spread.and_then(|spread| spread.portion_of(value.0, Rounding::Up));
    margin.plus(Usd(spread.into_program_error()?)).into_program_error()
}

/// Whether the state of the chain lets an order be placed now, with what it may open and the margin it
/// reserves written into it.
pub fn admit(
    order: &mut OrderState,
    account: &MarginAccount,
    market: &Market,
    chain: &Chain,
) -> Result<Permit> {
    let terms = Order::from(&*order);
    terms.check(market.now(chain.now)).map_err(HoldfastError::invalid_order)?;
    let opens = terms.opened(account.position(market.index).size);
    let action = if opens.0 > 0 { Action::RequestOpening } else { Action::RequestReduction };
    let permit = chain.require(action)?;
    order.opens_up_to = opens.0;
    if opens.0 > 0 {
        order.margin = margin_to_reserve(market, chain, permit, &terms, opens)?.0;
    }
    Ok(permit)
}

/// Refused unless the account meets its initial margin and what its orders have reserved with this
/// one as well, and its fee is something a withdrawal could take.
pub fn check_margin<M: Deref<Target = Market>>(
    account: &MarginAccount,
    order: &OrderState,
    chain: &Chain,
    permit: Permit,
    next: impl FnMut(u8) -> Result<M>,
) -> Result<()> {
    // A fee leaves the margin of open positions, as a withdrawal does.
    let takes_out = order.fee > 0 && account.open_markets != 0;
    let permit = if takes_out { chain.require(Action::WithdrawFree)? } else { permit };
    let asked = Purpose::Margin(permit);
    let balances = account.balances();
    let mut health =
        compute_account_health(account, &balances, None, chain, asked, next, |_, _| ())?;
    let reserved = Usd(account.reserved_margin).plus(Usd(order.margin)).into_program_error()?;
    health.initial = health.initial.plus(reserved).into_program_error()?;
    let fee = Usd(order.fee).signed().into_program_error()?;
    let left = health.equity.minus(fee).into_program_error()?;
    require!(covers(left, health.initial), HoldfastError::BelowInitialMargin);
    let free = health.withdrawable(Usd(account.collateral));
    require!(!takes_out || Usd(order.fee) <= free, HoldfastError::BelowInitialMargin);
    Ok(())
}

/// Whether anybody may trigger an order now: it waits for its trigger or has lapsed, the newest price
/// may decide and meets the trigger, and there is a position if it only reduces. Otherwise a stop that
/// waits for its entry could be set off before it, and would close it at once.
pub fn triggerable(
    waiting: &OrderState,
    account: &MarginAccount,
    market: &Market,
    chain: &Chain,
) -> Result<()> {
    market.require_trading()?;
    require!(waiting.market == market.index, HoldfastError::WrongMarket);
    let at = market.moment(chain.now, chain.monitor.last_disruption);
    let order = Order::from(waiting);
    require!(!order.is_expired(at.now), HoldfastError::OrderExpired);
    let progress = order_progress(&order, account, market, chain);
    require!(
        !order.is_immediate()
            && matches!(progress, OrderProgress::Untriggered | OrderProgress::Lapsed),
        HoldfastError::AlreadyTriggered
    );
    let parts = order.parts(account.position(market.index).size, true);
    let reduces = !order.only_reduces() || parts != Parts::default();
    require!(reduces, HoldfastError::NothingToReduce);
    let newest = market.newest_stored();
    require!(at.allows(&newest, PriceUse::Decide), HoldfastError::NoPriceYet);
    require!(order.trigger.is_met(newest.point.middle()), HoldfastError::TriggerNotMet);
    Ok(())
}

/// Why an order may be removed now, by its owner or by anybody. While a price that decides it is
/// known and may still be acted on, or may be published and not yet stored, not even its owner takes
/// it back.
pub fn removable(
    waiting: &OrderState,
    account: &MarginAccount,
    market: &Market,
    chain: &Chain,
    owns: bool,
) -> Result<RemovalReason> {
    require!(waiting.market == market.index, HoldfastError::WrongMarket);
    if market.is_settled() {
        return Ok(RemovalReason::Settled);
    }
    let order = Order::from(waiting);
    let progress = order_progress(&order, account, market, chain);
    let is_expired = order.is_expired(market.now(chain.now));
    if progress == OrderProgress::Lapsed && order.is_immediate() && !is_expired {
        return Ok(RemovalReason::Lapsed);
    }
    require!(owns || is_expired, HoldfastError::OrderNotExpired);
    let may_be_known =
        progress == OrderProgress::AwaitsPrice && may_be_known(&order, account, market, chain);
    require!(progress != OrderProgress::PriceKnown && !may_be_known, HoldfastError::PriceKnown);
    Ok(if is_expired { RemovalReason::Expired } else { RemovalReason::Cancelled })
}

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderProgress {
    /// It waits for its trigger.
    Untriggered,
    /// It waits for a position to reduce.
    NothingToReduce,
    /// It waits for a price that decides it.
    AwaitsPrice,
    /// Such a price is known and may still be acted on.
    PriceKnown,
    /// That price has passed.
    Lapsed,
}

/// How far an order is.
pub fn order_progress(
    order: &Order,
    account: &MarginAccount,
    market: &Market,
    chain: &Chain,
) -> OrderProgress {
    if order.earliest.0 == 0 {
        return OrderProgress::Untriggered;
    }
    if order.parts(account.position(market.index).size, true) == Parts::default() {
        return OrderProgress::NothingToReduce;
    }
    match decided(order, account, market, chain) {
        Ok(None) => OrderProgress::AwaitsPrice,
        Ok(Some(_)) => OrderProgress::PriceKnown,
        Err(Lapsed) => OrderProgress::Lapsed,
    }
}

/// The price that decides an order which waits for no trigger, if it is known.
fn decided(
    order: &Order,
    account: &MarginAccount,
    market: &Market,
    chain: &Chain,
) -> core::result::Result<Option<Deciding>, Lapsed> {
    if order.earliest.0 == 0 {
        return Ok(None);
    }
    let earliest = decided_from(order, account, market);
    let at = market.moment(chain.now, chain.monitor.last_disruption);
    deciding_price(order, market.recent_prices(), earliest, &at, Price(market.reference_price))
}

/// Whether the price that decides an order may be published by now, and not yet stored.
fn may_be_known(order: &Order, account: &MarginAccount, market: &Market, chain: &Chain) -> bool {
    let within = Millis(market.terms.decide_within_ms);
    order.may_be_decided(decided_from(order, account, market), market.now(chain.now), within)
}

/// Publish time from which on a price decides an order.
pub fn decided_from(order: &Order, account: &MarginAccount, market: &Market) -> Millis {
    let parts = order.parts(account.position(market.index).size, true);
    let delay = Millis(market.terms.execution_delay_ms);
    order.decided_from(parts, account.position_changed(market.index), delay)
}
