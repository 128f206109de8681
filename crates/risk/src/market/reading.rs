//! Which of a feed's readings counts.

use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{Bps, Millis, Price};

/// A provider's reading in the venue's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The price.
    pub price: Price,
    /// Half-width of the provider's confidence interval, rounded up.
    pub confidence: Price,
    /// When the provider published it.
    pub published: Millis,
}

/// A market's limits on readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Older readings are refused.
    pub age: Millis,
    /// Readings further ahead of the clock are refused.
    pub future: Millis,
    /// Wider confidence, as a share of the price, is refused.
    pub confidence: Bps,
}

/// Why a reading does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadingError {
    /// The price is zero, negative or does not fit.
    NoPrice,
    /// Published too long ago.
    Stale,
    /// Published too far in the future.
    Future,
    /// The provider is not sure enough.
    Uncertain,
    /// Published before the chain's last break.
    BeforeDisruption,
    /// Not newer than the reading the market already has.
    NotNewer,
}

impl Quote {
    /// Whether this reading counts at `now`, after one published at `previous` and the chain's last
    /// break at `last_disruption`.
    ///
    /// # Errors
    /// The first reason for which it does not.
    pub fn check(
        &self,
        previous: Millis,
        last_disruption: Millis,
        now: Millis,
        limits: Limits,
    ) -> Result<(), ReadingError> {
        if self.price.0 == 0 {
            return Err(ReadingError::NoPrice);
        }
        if self.published > now.after(limits.future) {
            return Err(ReadingError::Future);
        }
        if now.since(self.published) > limits.age {
            return Err(ReadingError::Stale);
        }
        if self.published < last_disruption {
            return Err(ReadingError::BeforeDisruption);
        }
        if self.published <= previous {
            return Err(ReadingError::NotNewer);
        }
        let widest = self.price.portion(limits.confidence, Rounding::Down);
        if widest.is_ok_and(|widest| self.confidence > widest) {
            return Err(ReadingError::Uncertain);
        }
        Ok(())
    }
}

/// `mantissa · 10^exponent` in six decimals, rounded as asked.
///
/// # Errors
/// [`Overflow`] when the result does not fit `u64`.
pub fn six_decimals(mantissa: u64, exponent: i32, rounding: Rounding) -> Result<Price, Overflow> {
    let shift = exponent.checked_add(6).ok_or(Overflow)?;
    let scale = 10_u64.checked_pow(shift.unsigned_abs());
    match (shift < 0, scale) {
        (false, Some(scale)) => mantissa.checked_mul(scale).map(Price).ok_or(Overflow),
        (true, Some(scale)) => mul_div(mantissa, 1, scale, rounding).map(Price),
        (_, None) => Err(Overflow),
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
