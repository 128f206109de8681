//! Funding between the sides and the borrow fee to liquidity, as indices over the venue's clock.

use crate::math::{Overflow, Rounding, mul_div, whole_units};
use crate::units::{HourlyRate, Millis, Ppm, Price, SignedSize, Size, Usd};

/// Index units per hour: an [`HourlyRate`] counts 10⁻¹⁵, a price 10⁻⁶ and the index 10⁻¹², and an
/// hour has 3,600,000 milliseconds.
const INDEX_DIVISOR: u64 = Millis::HOUR.times(1_000_000_000).0;

/// A market's funding settings. Rates are in billionths of notional per hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingTerms {
    /// The rate never exceeds this, in either direction.
    pub cap: u32,
    /// How much the rate moves in a day at full skew.
    pub velocity: u32,
    /// Skew at which the rate moves at full velocity.
    pub full_skew: Size,
}

/// The rate now, and the fractions not yet counted. If they were dropped at every step, whoever
/// refreshes often could hold the rate still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funding {
    /// What longs pay shorts per hour.
    pub rate: HourlyRate,
    /// Movement of the rate below one unit, in 1 ÷ a day's milliseconds of a unit.
    pub rate_remainder: i64,
    /// Numerator carried to the next step, in 1 ÷ [`INDEX_DIVISOR`] of an index unit.
    pub remainder: i64,
}

/// Moves the funding rate and says by how much the longs' index rises (the shorts' falls by it).
///
/// The rate follows skew with a velocity and ends at its cap; the index takes its mean over the step.
/// Cutting a step in pieces changes neither by more than rounding. A step of no time changes nothing.
///
/// # Errors
/// [`Overflow`] when the index step does not fit `i64`, or `full_skew` is zero.
pub fn accrue_funding(
    terms: FundingTerms,
    before: Funding,
    skew: SignedSize,
    price: Price,
    elapsed: Millis,
) -> Result<(Funding, i64), Overflow> {
    let share = mul_div(
        skew.size().0.min(terms.full_skew.0),
        1_000_000,
        terms.full_skew.0,
        Rounding::Down,
    )?;
    let speed = u64::from(terms.velocity).checked_mul(share).ok_or(Overflow)?;
    let due = u128::from(speed).wrapping_mul(u128::from(elapsed.0));
    let due = i128::try_from(due).map_err(|_| Overflow)?;
    let due = if skew.0 < 0 { due.saturating_neg() } else { due };
    let due = due.saturating_add(i128::from(before.rate_remainder));
    let (moved, rate_remainder) = whole_units(due, Millis::DAY.0)?;
    let cap = i64::from(terms.cap).saturating_mul(1_000_000);
    let within = |rate: i64| rate.clamp(cap.saturating_neg(), cap);
    let from = within(before.rate.0);
    let reached = from.saturating_add(moved);
    let rate = within(reached);
    let mean = if rate == reached { from.midpoint(rate) } else { mean_to_cap(from, rate, moved)? };
    let (step, remainder) = index_step(price, HourlyRate(mean), elapsed, before.remainder)?;
    let rate_remainder = if rate == reached { rate_remainder } else { 0 };
    Ok((Funding { rate: HourlyRate(rate), rate_remainder, remainder }, step))
}

/// Mean of a rate that moves evenly by `moved` but stops when it reaches `cap`: it stays below the
/// cap for only `(cap − from) ÷ moved` of the time.
fn mean_to_cap(from: i64, cap: i64, moved: i64) -> Result<i64, Overflow> {
    let range = cap.abs_diff(from);
    let twice = moved.unsigned_abs().checked_mul(2).ok_or(Overflow)?;
    let short = i64::try_from(mul_div(range, range, twice, Rounding::Up)?).map_err(|_| Overflow)?;
    Ok(if cap < from { cap.saturating_add(short) } else { cap.saturating_sub(short) })
}

/// Borrow rate at the pool's present utilisation: `full_rate` (billionths per hour) at 100 %.
///
/// # Errors
/// [`Overflow`] when the rate does not fit.
pub fn borrow_rate(full_rate: u32, open: Usd, liquidity: Usd) -> Result<HourlyRate, Overflow> {
    let used = utilisation(open, liquidity)?;
    let rate = u64::from(full_rate).checked_mul(u64::from(used.0)).ok_or(Overflow)?;
    i64::try_from(rate).map(HourlyRate).map_err(|_| Overflow)
}

/// Open notional over liquidity, rounded up and cut at 100 %; 100 % of an empty pool.
///
/// # Errors
/// Never for real inputs; the quotient is cut before it can overflow.
pub fn utilisation(open: Usd, liquidity: Usd) -> Result<Ppm, Overflow> {
    if open.0 >= liquidity.0 {
        return Ok(Ppm(if open.0 == 0 { 0 } else { 1_000_000 }));
    }
    let share = mul_div(open.0, 1_000_000, liquidity.0, Rounding::Up)?;
    u32::try_from(share).map(Ppm).map_err(|_| Overflow)
}

/// Index step of `rate` over `elapsed` at `price`, and the remainder to keep.
///
/// # Errors
/// [`Overflow`] when the step does not fit `i64`.
pub fn index_step(
    price: Price,
    rate: HourlyRate,
    elapsed: Millis,
    remainder: i64,
) -> Result<(i64, i64), Overflow> {
    let paid = u128::from(price.0)
        .checked_mul(u128::from(rate.0.unsigned_abs()))
        .and_then(|product| product.checked_mul(u128::from(elapsed.0)))
        .and_then(|product| i128::try_from(product).ok())
        .ok_or(Overflow)?;
    let paid = if rate.0 < 0 { paid.checked_neg().ok_or(Overflow)? } else { paid };
    let total = paid.checked_add(i128::from(remainder)).ok_or(Overflow)?;
    whole_units(total, INDEX_DIVISOR)
}

#[cfg(test)]
#[path = "carry_tests.rs"]
mod tests;
