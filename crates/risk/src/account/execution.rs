//! Executing an order.

use crate::account::ledger::FeeDistribution;
use crate::account::loss::LossCover;
use crate::account::order::{Order, Parts};
use crate::account::position::{Trade, notional};
use crate::account::trade_context::{Charges, TradeContext, Traded};
use crate::chain::policy::Permit;
use crate::market::belief::{
    Lapsed, Moment, StoredPrice, decided_price, doubted_price, is_newest_or_better,
};
use crate::market::fee::{self, FeeShares};
use crate::market::limits::{self, Caps, Exceeded, Resulting};
use crate::market::price::PricePoint;
use crate::market::spread::{half_spread, trade_price};
use crate::market::terms::MarketTerms;
use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{Millis, ONE, Ppm, Price, Side, SignedSize, SignedUsd, Size, Usd};

/// Settings of the silo a trade happens in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiloRules<'a> {
    /// How fees are divided.
    pub fees: FeeShares,
    /// What bears a loss that the trade leaves behind.
    pub cover: LossCover<'a>,
}

/// The circumstances in which an order executes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutionContext {
    /// When it is executed, and the market's limits on prices.
    pub at: Moment,
    /// The market's volatility.
    pub volatility: Ppm,
    /// The market's slow reference price.
    pub reference: Price,
    /// How far opening is allowed.
    pub opening: Permit,
    /// When an order last changed the account's position in the market; zero when none has.
    pub position_changed: Millis,
}

/// An executed order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executed {
    /// What the trade did.
    pub traded: Traded,
    /// The index price it executed at.
    pub point: PricePoint,
    /// The price with spread.
    pub price: Price,
    /// The taker fee.
    pub fee: Usd,
}

/// The price that decides an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deciding {
    /// The price.
    pub point: PricePoint,
    /// Whether it is not believed: the order's owner takes any price.
    pub doubted: bool,
}

/// Why an order cannot be executed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionError {
    /// It has expired; anyone may remove it.
    Expired,
    /// It waits for its trigger.
    NotTriggered,
    /// It would open, which the state of the chain does not allow now.
    Closed,
    /// A reduce-only order without a position to reduce.
    NothingToReduce,
    /// No price that may decide it has been published yet.
    NoPrice,
    /// The price that decided it is too old to be acted on: it has to be placed or triggered again.
    Lapsed,
    /// The price with spread is beyond its limit.
    BeyondLimit,
    /// The position left would be smaller than the market's smallest.
    TooSmall,
    /// Opening would exceed a cap.
    Exceeded(Exceeded),
    /// An amount does not fit.
    Overflow,
}

impl From<Overflow> for ExecutionError {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

/// Executes `order` at the price it may get: see [`deciding_price`]. Margin is the caller's to check
/// afterwards, when the trade opened anything; a reduction needs none.
///
/// # Errors
/// The reason why not; nothing was changed.
pub fn execute(
    book: &TradeContext,
    order: &Order,
    recent: impl Iterator<Item = StoredPrice> + Clone,
    terms: &MarketTerms,
    silo: &SiloRules<'_>,
    met: &ExecutionContext,
) -> Result<Executed, ExecutionError> {
    if order.is_expired(met.at.now) && !is_decided(book, order, recent.clone(), terms, met) {
        return Err(ExecutionError::Expired);
    }
    if order.earliest.0 == 0 {
        return Err(ExecutionError::NotTriggered);
    }
    let parts = parts_traded(book, order, terms, met)?;
    let side = order.delta.side();
    let delta = Size(parts.closes.0.saturating_add(parts.opens.0)).on(side)?;
    let spread = half_spread(terms.spread, book.skew()?, delta, met.volatility)?;
    let earliest = order.decided_from(parts, met.position_changed, terms.execution_delay);
    let found = deciding_price(order, recent.clone(), earliest, &met.at, met.reference);
    let Deciding { point, doubted } =
        found.map_err(|Lapsed| ExecutionError::Lapsed)?.ok_or(ExecutionError::NoPrice)?;
    let mut price = trade_price(point.traded(side), side, spread)?;
    if !order.keeps_limit(price) {
        return Err(ExecutionError::BeyondLimit);
    }
    let mut fee = Usd(0);
    let mut trade_at = |price| {
        book.trade(delta, price, &silo.cover, |trade, available| {
            fee = charged_fee(trade, book.is_flat_with(trade), available, terms)?;
            let split = fee::split(fee, silo.fees)?;
            let due = FeeDistribution {
                insurance: split.insurance,
                protocol: split.protocol,
                keeper: Usd(0),
            };
            Ok(Charges { total: fee, due })
        })
    };
    let mut traded = trade_at(price)?;
    if traded.bad_debt.0 > 0 {
        price = charged_price(price, point.traded(side), delta, traded.bad_debt);
        traded = trade_at(price)?;
    }
    let owes_more = traded.book.balances.debt > book.balances.debt || traded.bad_debt.0 > 0;
    if owes_more && (doubted || !is_newest_or_better(recent, &met.at, point, side)) {
        return Err(ExecutionError::NoPrice);
    }
    if traded.trade.opened.0 > 0 {
        let stressed = met.opening == Permit::Stressed;
        let caps = if stressed { terms.caps.stressed() } else { terms.caps };
        check_caps(&traded, point.high, caps)?;
    }
    Ok(Executed { traded, point, price, fee })
}

/// Whether a price published before it expired decides an order, so that it is still executed. Otherwise
/// its owner could choose an expiry just after its first price, and whether anybody acts on that.
fn is_decided(
    book: &TradeContext,
    order: &Order,
    recent: impl Iterator<Item = StoredPrice> + Clone,
    terms: &MarketTerms,
    met: &ExecutionContext,
) -> bool {
    let parts = order.parts(book.position.size, true);
    let earliest = order.decided_from(parts, met.position_changed, terms.execution_delay);
    let decided = || deciding_price(order, recent, earliest, &met.at, met.reference);
    order.earliest.0 != 0 && matches!(decided(), Ok(Some(_)))
}

/// The parts of the order that are traded. Dust that a reduction would leave is closed with it, and a
/// rest too small to be kept on the other side is not opened.
fn parts_traded(
    book: &TradeContext,
    order: &Order,
    terms: &MarketTerms,
    met: &ExecutionContext,
) -> Result<Parts, ExecutionError> {
    let held = book.position.size;
    let smallest = terms.liquidation.smallest;
    let may_open = met.opening != Permit::Refused;
    let mut parts = order.parts(held, may_open);
    if parts.closes.0 > 0 {
        let left = held.size().0.saturating_sub(parts.closes.0);
        if left > 0 && left < smallest.0 {
            parts.closes = held.size();
        }
        if parts.opens < smallest {
            parts.opens = Size(0);
        }
        return Ok(parts);
    }
    if parts.opens.0 == 0 {
        let asked_to_open = !order.reduce_only && !may_open;
        let reason =
            if asked_to_open { ExecutionError::Closed } else { ExecutionError::NothingToReduce };
        return Err(reason);
    }
    let same_side = held.size().0;
    if same_side.saturating_add(parts.opens.0) < smallest.0 {
        return Err(ExecutionError::TooSmall);
    }
    Ok(parts)
}

/// The price that decides an order, if one published from `earliest` on and before it expired does.
/// While none is believed, an order that only reduces and takes any price is decided by one that is not
/// believed, if that is worse for its owner than the `reference`. The owner cannot choose among these
/// either, and gets the worst since the first.
///
/// # Errors
/// [`Lapsed`] once the first price that is believed and decides is too old to be acted on.
pub fn deciding_price(
    order: &Order,
    recent: impl Iterator<Item = StoredPrice> + Clone,
    earliest: Millis,
    at: &Moment,
    reference: Price,
) -> Result<Option<Deciding>, Lapsed> {
    if order.is_expired(at.now) {
        let in_time = |stored: &StoredPrice| stored.point.published <= order.expires;
        if worst_price(order, recent.clone().filter(in_time), earliest, at, reference)?.is_none() {
            return Ok(None);
        }
    }
    worst_price(order, recent, earliest, at, reference)
}

fn worst_price(
    order: &Order,
    recent: impl Iterator<Item = StoredPrice> + Clone,
    earliest: Millis,
    at: &Moment,
    reference: Price,
) -> Result<Option<Deciding>, Lapsed> {
    let side = order.delta.side();
    if let Some(point) = decided_price(recent.clone(), earliest, at, side)? {
        return Ok(Some(Deciding { point, doubted: false }));
    }
    if !order.any_price || !order.only_reduces() {
        return Ok(None);
    }
    let is_worse = |point: &PricePoint| match side {
        Side::Long => point.high > reference,
        Side::Short => point.low < reference,
    };
    let doubted = doubted_price(recent, earliest, at, side).ok().flatten();
    Ok(doubted.filter(is_worse).map(|point| Deciding { point, doubted: true }))
}

/// The fee. An account that closes its last position pays what it can, so no fee becomes bad debt.
fn charged_fee(
    trade: &Trade,
    flat: bool,
    available: SignedUsd,
    terms: &MarketTerms,
) -> Result<Usd, Overflow> {
    let fee = fee::taker_fee(trade.notional, terms.taker_fee)?;
    Ok(if flat { fee.min(available.gain()) } else { fee })
}

/// The price of a trade that left `bad_debt` at `price`: nearer to the `index` by what the account could
/// not pay, so that it pays of the spread what it has left, and nobody's loss is a spread.
fn charged_price(price: Price, index: Price, delta: SignedSize, bad_debt: Usd) -> Price {
    let relief = mul_div(bad_debt.0, ONE, delta.size().0, Rounding::Down).unwrap_or(u64::MAX);
    match delta.side() {
        Side::Long => Price(price.0.saturating_sub(relief)).max(index),
        Side::Short => Price(price.0.saturating_add(relief)).min(index),
    }
}

fn check_caps(traded: &Traded, index: Price, caps: Caps) -> Result<(), ExecutionError> {
    let position = &traded.book.position;
    let resulting = Resulting {
        side: traded.book.side_size(position.size.side()),
        account: notional(position.size.size(), index, Rounding::Up)?,
        silo: traded.book.open,
    };
    limits::check(resulting, traded.book.ledger.liquidity, caps).map_err(ExecutionError::Exceeded)
}

#[cfg(test)]
#[path = "execution_tests.rs"]
mod tests;
