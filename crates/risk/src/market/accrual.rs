//! What a new price does to a market: funding, borrow fee and volatility.

use crate::market::carry::{Funding, accrue_funding, borrow_rate, index_step};
use crate::market::terms::MarketTerms;
use crate::market::volatility::Volatility;
use crate::math::Overflow;
use crate::units::{CarryIndex, Millis, Price, SignedSize, Usd};

/// Longest time that one step accrues for, which bounds what a gap costs.
const LONGEST_STEP: Millis = Millis::MINUTE.times(10);

/// The part of a market that time moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accruals {
    /// Funding rate and its remainder.
    pub funding: Funding,
    /// Fraction of an index unit of borrow fee not yet paid.
    pub borrow_remainder: i64,
    /// What longs have paid.
    pub carry_long: CarryIndex,
    /// What shorts have paid.
    pub carry_short: CarryIndex,
    /// Time up to which carry has accrued.
    pub accrued: Millis,
    /// How much the price moves.
    pub volatility: Volatility,
}

/// The silo and the market over the time that accrues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// By how much longs exceed shorts.
    pub skew: SignedSize,
    /// Entry value of the silo's open positions.
    pub open: Usd,
    /// The silo's liquidity.
    pub liquidity: Usd,
    /// The chain's last disruption: time before it does not accrue.
    pub last_disruption: Millis,
    /// Whether the venue is in Shelter after a disruption, where nothing accrues.
    pub sheltered: bool,
}

/// Accrues up to `now` at `price` and adds the price to the volatility. Nothing accrues for time
/// before the first price, nor for time that would overflow an index: funding ends then, but
/// prices, trades and liquidations go on.
///
/// # Errors
/// [`Overflow`] for a price of zero.
pub fn refresh(
    before: &Accruals,
    conditions: Conditions,
    price: Price,
    now: Millis,
    terms: &MarketTerms,
) -> Result<Accruals, Overflow> {
    let since = before.accrued.max(conditions.last_disruption);
    let runs = before.accrued.0 != 0 && !conditions.sheltered;
    let elapsed = if runs { now.since(since).min(LONGEST_STEP) } else { Millis(0) };
    let carried = carry(before, conditions, price, elapsed, terms).unwrap_or(*before);
    let volatility = before.volatility.observe(now, price)?;
    Ok(Accruals { accrued: now.max(before.accrued), volatility, ..carried })
}

/// What funding and borrow fee move in `elapsed`.
fn carry(
    before: &Accruals,
    conditions: Conditions,
    price: Price,
    elapsed: Millis,
    terms: &MarketTerms,
) -> Result<Accruals, Overflow> {
    let (funding, paid) =
        accrue_funding(terms.funding, before.funding, conditions.skew, price, elapsed)?;
    let rate = borrow_rate(terms.borrow, conditions.open, conditions.liquidity)?;
    let (borrowed, borrow_remainder) = index_step(price, rate, elapsed, before.borrow_remainder)?;
    let moved = |index: CarryIndex, funding: i64| {
        index.0.checked_add(funding)?.checked_add(borrowed).map(CarryIndex)
    };
    let received = paid.checked_neg().ok_or(Overflow)?;
    Ok(Accruals {
        funding,
        borrow_remainder,
        carry_long: moved(before.carry_long, paid).ok_or(Overflow)?,
        carry_short: moved(before.carry_short, received).ok_or(Overflow)?,
        ..*before
    })
}

#[cfg(test)]
#[path = "accrual_tests.rs"]
mod tests;
