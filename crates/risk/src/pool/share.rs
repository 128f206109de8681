//! Share price of a liquidity or insurance pool.
//!
//! One virtual share and one virtual unit stand beside the real ones, as in ERC-4626's
//! virtual-offset defence: the first depositor cannot inflate the price to round a later one away.

use crate::math::{Overflow, Rounding, mul_div};
use crate::units::Usd;

/// Assets and shares of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// What the pool is worth, unrealised results included, in native units.
    pub assets: Usd,
    /// Share tokens outstanding.
    pub shares: u64,
}

impl Pool {
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
