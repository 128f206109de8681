//! Quantities as types, so that a price can never be passed for an amount.

/// One whole unit of base asset, quote currency or price: six decimals.
pub const ONE: u64 = 1_000_000;

/// Price of one whole base unit, in millionths of the silo's unit of account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(pub u64);

/// Unsigned position or trade size, in millionths of a base unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// Unsigned amount in millionths of the unit of account (native units of a six-decimal mint).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usd(pub u64);

/// Signed amount in millionths of the unit of account: a profit when positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignedUsd(pub i64);

/// Hundredths of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bps(pub u16);

/// Direction of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}
