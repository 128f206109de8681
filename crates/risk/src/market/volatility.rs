//! How much a market's price moves in a minute, measured on the prices it really got.

use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{Millis, ONE, Ppm, Price};

/// Least length of a bucket.
const BUCKET: Millis = Millis::MINUTE;
/// A bucket weighs its length over this.
const MEMORY: Millis = Millis::MINUTE.times(16);
/// A move is cut here (1000 %), so that its square fits.
const LARGEST_MOVE_PPM: u64 = 10_000_000;

/// Exponentially weighted variance of one-minute moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volatility {
    /// When the running bucket began.
    pub since: Millis,
    /// The price then; zero before the first price.
    pub price: Price,
    /// Mean squared one-minute move, in millionths squared.
    pub variance: u64,
}

impl Volatility {
    /// Takes a price. When a bucket is over, its squared move, spread over the time it really took,
    /// enters the mean with a weight in proportion to that time. So neither a gap nor the part of a
    /// minute by which a price comes late makes a market look livelier than it is.
    ///
    /// # Errors
    /// [`Overflow`] never for a price above zero; the move is cut before it is squared.
    pub fn observe(self, now: Millis, price: Price) -> Result<Self, Overflow> {
        if self.price.0 == 0 {
            return Ok(Self { since: now, price, variance: self.variance });
        }
        let elapsed = now.since(self.since);
        if elapsed < BUCKET {
            return Ok(self);
        }
        let moved = mul_div(price.0.abs_diff(self.price.0), ONE, self.price.0, Rounding::Up)
            .unwrap_or(LARGEST_MOVE_PPM)
            .min(LARGEST_MOVE_PPM);
        let squared = moved.checked_mul(moved).ok_or(Overflow)?;
        let sample = mul_div(squared, BUCKET.0, elapsed.0, Rounding::Up)?;
        let weight = elapsed.min(MEMORY);
        // Rounded down, or the last fifteen units would never be forgotten.
        let kept = mul_div(self.variance, MEMORY.since(weight).0, MEMORY.0, Rounding::Down)?;
        let added = mul_div(sample, weight.0, MEMORY.0, Rounding::Up)?;
        Ok(Self { since: now, price, variance: kept.checked_add(added).ok_or(Overflow)? })
    }

    /// One standard deviation of a minute's move.
    pub fn per_minute(self) -> Ppm {
        Ppm(u32::try_from(self.variance.isqrt()).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
#[path = "volatility_tests.rs"]
mod tests;
