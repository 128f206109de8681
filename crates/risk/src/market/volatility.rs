//! How much a market's price moves in a minute, measured on the prices it really got.

use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{Millis, ONE, Ppm, Price};

/// Length of a bucket.
const BUCKET: Millis = Millis::MINUTE;
/// Weight of a new bucket is one in this many.
const MEMORY: u64 = 16;
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
    /// Takes a price. When a bucket or more is over, its squared move (spread over the minutes
    /// it really took, so a gap counts with its length) enters the mean.
    ///
    /// # Errors
    /// [`Overflow`] never for a price above zero; the move is cut before it is squared.
    pub fn observe(self, now: Millis, price: Price) -> Result<Self, Overflow> {
        if self.price.0 == 0 {
            return Ok(Self { since: now, price, variance: self.variance });
        }
        let minutes = now.since(self.since).0 / BUCKET.0;
        if minutes == 0 {
            return Ok(self);
        }
        let moved = mul_div(price.0.abs_diff(self.price.0), ONE, self.price.0, Rounding::Up)
            .unwrap_or(LARGEST_MOVE_PPM)
            .min(LARGEST_MOVE_PPM);
        let sample = mul_div(moved, moved, minutes, Rounding::Up)?;
        let weight = minutes.min(MEMORY);
        let kept = mul_div(self.variance, MEMORY.saturating_sub(weight), MEMORY, Rounding::Up)?;
        let added = mul_div(sample, weight, MEMORY, Rounding::Up)?;
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
