//! What the pool charges over the index price for taking the other side.

use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{Bps, ONE, Ppm, Price, Side, SignedSize, Size};

/// Most that volatility adds to a half-spread, in millionths: an exit has a price in any storm.
const LARGEST_UNCERTAINTY_PPM: u64 = 50_000;

/// A market's spread settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Charged on every trade.
    pub base: Ppm,
    /// Skew at which the price would have moved by 100 %: the pool's depth.
    pub depth: Size,
    /// Share of a minute's volatility that is added, up to 5 %.
    pub volatility_share: Bps,
}

/// Half-spread of a trade of `delta` when longs exceed shorts by `skew`, rounded up.
///
/// Skew costs linearly and is integrated along the trade: worsening it from `a` to `b` costs
/// `(b² − a²) ÷ 2·depth`, so a trade cut into pieces pays the same. Reducing skew pays the base and
/// the volatility part only.
///
/// # Errors
/// [`Overflow`] when the spread exceeds `u32` millionths, or for a zero trade or depth.
pub fn half_spread(
    terms: Spread,
    skew: SignedSize,
    delta: SignedSize,
    volatility: Ppm,
) -> Result<Ppm, Overflow> {
    let after = skew.plus(delta)?;
    let (from, to) = match delta.side() {
        Side::Long => (skew.0.max(0), after.0.max(0)),
        Side::Short => (skew.0.min(0), after.0.min(0)),
    };
    let (from, to) = (from.unsigned_abs(), to.unsigned_abs());
    let worsened = to.saturating_sub(from);
    let twice_depth = terms.depth.0.checked_mul(2).ok_or(Overflow)?;
    let reach = from.checked_add(to).ok_or(Overflow)?;
    // First what the skew costs on average, then the part of the trade that pays it: rounding costs
    // two millionths at the most, however small the trade.
    let mean = mul_div(reach, ONE, twice_depth, Rounding::Up)?;
    let impact = mul_div(mean, worsened, delta.size().0, Rounding::Up)?;
    let uncertain = terms.volatility_share.portion_of(volatility.0.into(), Rounding::Up)?;
    let uncertain = uncertain.min(LARGEST_UNCERTAINTY_PPM);
    let total = u64::from(terms.base.0)
        .checked_add(impact)
        .and_then(|sum| sum.checked_add(uncertain))
        .ok_or(Overflow)?;
    u32::try_from(total).map(Ppm).map_err(|_| Overflow)
}

/// The price a trade on `side` gets: `spread` above the index for a buyer, below for a seller,
/// rounded against the trader; a seller's price ends at zero.
///
/// # Errors
/// [`Overflow`] when a buyer's price exceeds `u64`.
pub fn trade_price(index: Price, side: Side, spread: Ppm) -> Result<Price, Overflow> {
    let distance = mul_div(index.0, u64::from(spread.0), ONE, Rounding::Up)?;
    match side {
        Side::Long => index.0.checked_add(distance).map(Price).ok_or(Overflow),
        Side::Short => Ok(Price(index.0.saturating_sub(distance))),
    }
}

#[cfg(test)]
#[path = "spread_tests.rs"]
mod tests;
