//! Executing an order.

use crate::account::ledger::FeeDistribution;
use crate::account::loss::LossCover;
use crate::account::order::Order;
use crate::account::position::{Trade, notional};
use crate::account::trade_context::{Charges, TradeContext, Traded};
use crate::chain::policy::Permit;
use crate::market::fee::{self, FeeShares};
use crate::market::limits::{self, Caps, Exceeded, Resulting};
use crate::market::price::PricePoint;
use crate::market::spread::half_spread;
use crate::market::terms::MarketTerms;
use crate::math::Overflow;
use crate::math::Rounding;
use crate::units::{Millis, Ppm, Price, SignedUsd, Usd};

/// Settings of the silo a trade happens in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiloRules<'a> {
    /// How fees are divided.
    pub fees: FeeShares,
    /// What bears a loss that the trade leaves behind.
    pub cover: LossCover<'a>,
}

/// What an order meets when it executes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutionContext {
    /// The venue's clock.
    pub now: Millis,
    /// The chain's last break: prices published before it are history.
    pub last_disruption: Millis,
    /// The market's volatility.
    pub volatility: Ppm,
    /// How far opening is allowed.
    pub opening: Permit,
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

/// Why an order cannot be executed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionError {
    /// It has expired; anyone may remove it.
    Expired,
    /// It would open, which the state of the chain does not allow now.
    Closed,
    /// A reduce-only order without a position to reduce.
    NothingToReduce,
    /// No price after the delay meets its trigger and limit yet.
    NoPrice,
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

/// Executes `order` at the oldest price it may get. Margin is the caller's to check afterwards,
/// when the trade opened anything; a reduction needs none.
///
/// # Errors
/// The reason why not; nothing was changed.
pub fn execute(
    book: &TradeContext,
    order: &Order,
    recent: impl Iterator<Item = PricePoint>,
    terms: &MarketTerms,
    silo: &SiloRules<'_>,
    met: ExecutionContext,
) -> Result<Executed, ExecutionError> {
    let now = met.now;
    if order.is_expired(now) {
        return Err(ExecutionError::Expired);
    }
    let may_open = met.opening != Permit::Refused;
    let delta = order.executable(book.position.size, may_open)?;
    if delta.0 == 0 {
        let asked_to_open = !order.reduce_only && !may_open;
        return Err(if asked_to_open {
            ExecutionError::Closed
        } else {
            ExecutionError::NothingToReduce
        });
    }
    let spread = half_spread(terms.spread, book.skew()?, delta, met.volatility)?;
    let earliest = order.requested.after(terms.execution_delay).max(met.last_disruption);
    let (point, price) =
        order.execution(recent, earliest, spread)?.ok_or(ExecutionError::NoPrice)?;
    let mut fee = Usd(0);
    let traded = book.trade(delta, price, &silo.cover, |trade, available| {
        fee = charged_fee(trade, book.is_flat_with(trade), available, terms)?;
        let split = fee::split(fee, silo.fees)?;
        let due = FeeDistribution {
            insurance: split.insurance,
            protocol: split.protocol,
            keeper: Usd(0),
        };
        Ok(Charges { total: fee, due })
    })?;
    check_size(&traded.trade, terms)?;
    if traded.trade.opened.0 > 0 {
        let stressed = met.opening == Permit::Stressed;
        let caps = if stressed { terms.caps.stressed() } else { terms.caps };
        check_caps(&traded, point.high, caps)?;
    }
    Ok(Executed { traded, point, price, fee })
}

/// The fee; whoever closes the last position pays what it can, so that no fee becomes bad debt.
fn charged_fee(
    trade: &Trade,
    flat: bool,
    available: SignedUsd,
    terms: &MarketTerms,
) -> Result<Usd, Overflow> {
    let fee = fee::taker_fee(trade.notional, terms.taker_fee)?;
    Ok(if flat { fee.min(available.gain()) } else { fee })
}

fn check_size(trade: &Trade, terms: &MarketTerms) -> Result<(), ExecutionError> {
    let left = trade.position.size.size();
    let too_small = left.0 > 0 && left < terms.liquidation.smallest;
    if too_small { Err(ExecutionError::TooSmall) } else { Ok(()) }
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
