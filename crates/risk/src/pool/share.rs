//! Share price of a liquidity or insurance pool.
//!
//! Shares begin at one unit each. One virtual share and one virtual unit stand beside the real ones,
//! so that an empty pool has a price. Two rules keep rounding from costing whoever joins more than a
//! millionth, whatever was in the pool before:
//!
//! * A deposit buys at least [`LEAST_SHARES`], so what is rounded off is less than that part of it.
//! * What came into a pool in which nobody has a real stake belongs to shares that nobody holds
//!   ([`Pool::founded`]), so that a share does not begin at the price of a whole fund.

use crate::math::{Overflow, Rounding, mul_div};
use crate::units::Usd;

/// A deposit that buys fewer shares is refused: rounding would cost more than a millionth of it.
pub const LEAST_SHARES: u64 = 1_000_000;
/// While fewer shares than this are outstanding, holders have no claim to what came in besides theirs.
pub const FOUNDING_SHARES: u64 = 100_000_000;

/// Assets and shares of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// What the pool is worth, unrealised results included, in native units.
    pub assets: Usd,
    /// Shares outstanding, those that nobody holds included.
    pub shares: u64,
}

impl Pool {
    /// The pool as it is priced. If fewer than [`FOUNDING_SHARES`] are outstanding and a
    /// share is worth more than a unit, shares that nobody holds are added until it is worth one. The
    /// result has that many more shares than `self`.
    pub fn founded(self) -> Self {
        let barely_held = self.shares < FOUNDING_SHARES;
        Self {
            shares: if barely_held { self.shares.max(self.assets.0) } else { self.shares },
            ..self
        }
    }

    /// Shares bought with `amount`, rounded down.
    ///
    /// # Errors
    /// [`Overflow`] when the result exceeds `u64`.
    pub fn shares_for(self, amount: Usd) -> Result<u64, Overflow> {
        let (assets, shares) = self.with_virtual()?;
        mul_div(amount.0, shares, assets, Rounding::Down)
    }

    /// Amount paid for `shares`, rounded down.
    ///
    /// # Errors
    /// [`Overflow`] when the result exceeds `u64`.
    pub fn amount_for(self, shares: u64) -> Result<Usd, Overflow> {
        let (assets, total) = self.with_virtual()?;
        mul_div(shares, assets, total, Rounding::Down).map(Usd)
    }

    fn with_virtual(self) -> Result<(u64, u64), Overflow> {
        let assets = self.assets.0.checked_add(1).ok_or(Overflow)?;
        let shares = self.shares.checked_add(1).ok_or(Overflow)?;
        Ok((assets, shares))
    }
}

#[cfg(test)]
#[path = "share_tests.rs"]
mod tests;
