//! Caps on how much may be open. They bind opening only: a reduction is never refused by them.

use crate::account::margin::BPS_ONE;
use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{Bps, Size, Usd};

/// A market's and its silo's caps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Open interest per side.
    pub side: Size,
    /// One account's notional in this market, as a share of the silo's liquidity.
    pub account_share: Bps,
    /// Open notional of all the silo's markets, as a share of its liquidity.
    pub utilisation: Bps,
}

impl Caps {
    /// Half of every cap: what a strained chain allows.
    pub const fn stressed(self) -> Self {
        Self {
            side: Size(self.side.0 / 2),
            account_share: Bps(self.account_share.0 / 2),
            utilisation: Bps(self.utilisation.0 / 2),
        }
    }
}

/// What would be open after a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resulting {
    /// Open interest of the traded side.
    pub side: Size,
    /// The account's notional in the market.
    pub account: Usd,
    /// Open notional of the whole silo.
    pub silo: Usd,
}

/// Which cap a trade exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    /// The market's open interest on that side.
    OpenInterest,
    /// The account's share of the pool.
    AccountShare,
    /// The pool's utilisation.
    Utilisation,
    /// A product did not fit.
    Overflow,
}

impl From<Overflow> for Exceeded {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

/// Whether a trade that opens may end in `resulting`.
///
/// # Errors
/// The first cap exceeded.
pub fn check(resulting: Resulting, liquidity: Usd, caps: Caps) -> Result<(), Exceeded> {
    if resulting.side > caps.side {
        return Err(Exceeded::OpenInterest);
    }
    if resulting.account > share(liquidity, caps.account_share)? {
        return Err(Exceeded::AccountShare);
    }
    if resulting.silo > share(liquidity, caps.utilisation)? {
        return Err(Exceeded::Utilisation);
    }
    Ok(())
}

/// What liquidity providers may take out, so that open notional stays within its share of what is
/// left; rounded down.
///
/// # Errors
/// [`Overflow`] when a product does not fit.
pub fn removable(liquidity: Usd, open: Usd, utilisation: Bps) -> Result<Usd, Overflow> {
    let needed = mul_div(open.0, BPS_ONE, u64::from(utilisation.0), Rounding::Up)?;
    Ok(Usd(liquidity.0.saturating_sub(needed)))
}

fn share(of: Usd, share: Bps) -> Result<Usd, Overflow> {
    mul_div(of.0, u64::from(share.0), BPS_ONE, Rounding::Down).map(Usd)
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
