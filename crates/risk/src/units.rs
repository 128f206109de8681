//! Quantities as types, so that a price can never be passed for an amount.

use crate::math::{Overflow, Rounding, mul_div};

/// One whole unit of base asset, quote currency or price: six decimals.
pub const ONE: u64 = 1_000_000;

/// Basis points in one whole.
pub const BPS_ONE: u64 = 10_000;

/// Price of one whole base unit, in millionths of the silo's unit of account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(pub u64);

/// Unsigned position or trade size, in millionths of a base unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// Signed size, in millionths of a base unit: long when positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignedSize(pub i64);

/// Unsigned amount in millionths of the unit of account (native units of a six-decimal mint).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usd(pub u64);

/// Signed amount in millionths of the unit of account: a profit when positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignedUsd(pub i64);

/// Hundredths of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bps(pub u16);

/// Millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ppm(pub u32);

/// Milliseconds: a moment of the venue's clock (since 1970) or a duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

/// What one whole base unit has paid since the market began, in millionths of a native unit.
/// Negative when it has received more than it paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CarryIndex(pub i64);

/// Share of notional paid per hour, in units of 10⁻¹⁵, so that a second's change is not rounded
/// away. Negative when shorts pay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HourlyRate(pub i64);

/// A moment that cannot be in milliseconds since 1970: seconds or microseconds, most likely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImplausibleTime;

/// September 2001 to November 2286 in milliseconds. The same digits as seconds or microseconds lie
/// far outside.
const PLAUSIBLE_TIMES: core::ops::Range<Millis> =
    Millis(1_000_000_000_000)..Millis(10_000_000_000_000);

/// Direction of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

impl SignedSize {
    /// The side this size is on; zero counts as long.
    pub const fn side(self) -> Side {
        if self.0 < 0 { Side::Short } else { Side::Long }
    }

    /// The size without its direction.
    pub const fn size(self) -> Size {
        Size(self.0.unsigned_abs())
    }

    /// Sum of two signed sizes.
    ///
    /// # Errors
    /// [`Overflow`] when the sum does not fit.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }
}

impl Size {
    /// This size on `side`.
    ///
    /// # Errors
    /// [`Overflow`] above `i64::MAX`.
    pub fn on(self, side: Side) -> Result<SignedSize, Overflow> {
        let size = i64::try_from(self.0).map_err(|_| Overflow)?;
        match side {
            Side::Long => Ok(SignedSize(size)),
            Side::Short => size.checked_neg().map(SignedSize).ok_or(Overflow),
        }
    }
}

impl Bps {
    /// This share of `whole`, in the same unit, rounded as asked.
    ///
    /// # Errors
    /// [`Overflow`] when the share exceeds `u64`, which takes more than 100 %.
    pub fn portion_of(self, whole: u64, rounding: Rounding) -> Result<u64, Overflow> {
        mul_div(whole, u64::from(self.0), BPS_ONE, rounding)
    }
}

impl Ppm {
    /// This share of `whole`, rounded as asked.
    ///
    /// # Errors
    /// [`Overflow`] when it exceeds `u64`, which takes more than 100 %.
    pub fn portion_of(self, whole: u64, rounding: Rounding) -> Result<u64, Overflow> {
        mul_div(whole, u64::from(self.0), ONE, rounding)
    }
}

impl Price {
    /// `share` of this price, rounded as asked.
    ///
    /// # Errors
    /// [`Overflow`] when the share exceeds `u64`, which takes more than 100 %.
    pub fn portion(self, share: Bps, rounding: Rounding) -> Result<Self, Overflow> {
        share.portion_of(self.0, rounding).map(Self)
    }
}

impl Usd {
    /// `share` of this amount, rounded as asked.
    ///
    /// # Errors
    /// [`Overflow`] when the share exceeds `u64`, which takes more than 100 %.
    pub fn portion(self, share: Bps, rounding: Rounding) -> Result<Self, Overflow> {
        share.portion_of(self.0, rounding).map(Self)
    }

    /// Sum of two amounts.
    ///
    /// # Errors
    /// [`Overflow`] when the sum does not fit.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// Difference of two amounts.
    ///
    /// # Errors
    /// [`Overflow`] when `other` is larger.
    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(Overflow)
    }

    /// As a gain.
    ///
    /// # Errors
    /// [`Overflow`] above `i64::MAX`.
    pub fn signed(self) -> Result<SignedUsd, Overflow> {
        i64::try_from(self.0).map(SignedUsd).map_err(|_| Overflow)
    }
}

impl SignedUsd {
    /// Sum of two amounts.
    ///
    /// # Errors
    /// [`Overflow`] when the sum does not fit.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// Difference of two amounts.
    ///
    /// # Errors
    /// [`Overflow`] when the difference does not fit.
    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(Overflow)
    }

    /// The amount when it is a gain, zero otherwise.
    pub const fn gain(self) -> Usd {
        Usd(if self.0 > 0 { self.0.unsigned_abs() } else { 0 })
    }

    /// The amount lost when it is a loss, zero otherwise.
    pub const fn loss(self) -> Usd {
        Usd(if self.0 < 0 { self.0.unsigned_abs() } else { 0 })
    }
}

impl Millis {
    /// A thousand milliseconds.
    pub const SECOND: Self = Self(1_000);
    /// Sixty seconds.
    pub const MINUTE: Self = Self::SECOND.times(60);
    /// Sixty minutes.
    pub const HOUR: Self = Self::MINUTE.times(60);
    /// Twenty-four hours.
    pub const DAY: Self = Self::HOUR.times(24);

    /// Whether a moment in an argument can be in milliseconds since 1970; `u64::MAX` stands for
    /// never.
    ///
    /// # Errors
    /// [`ImplausibleTime`] if it seems to be in another unit, or was left out.
    pub fn plausible_time_ms(self) -> Result<(), ImplausibleTime> {
        let plausible = PLAUSIBLE_TIMES.contains(&self) || self.0 == u64::MAX;
        if plausible { Ok(()) } else { Err(ImplausibleTime) }
    }

    /// This duration `count` times over, or the longest there is.
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// A moment `by` later, or the end of time.
    pub const fn after(self, by: Self) -> Self {
        Self(self.0.saturating_add(by.0))
    }

    /// How long ago `earlier` was; zero when it is not earlier.
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
#[path = "units_tests.rs"]
mod tests;
