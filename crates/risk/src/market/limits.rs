//! Caps on how much may be open. They bind opening only: a reduction is never refused by them.

use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{BPS_ONE, Bps, Size, Usd};

/// A market's and its silo's caps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Open interest per side.
    pub side: Size,
    /// One account's notional in this market, as a share of the silo's liquidity. It binds an account,
    /// not its owner, who may have several: a bound on a single liquidation, not on concentration.
    /// That is bounded by the other two, for everybody together.
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
    if resulting.account > liquidity.portion(caps.account_share, Rounding::Down)? {
        return Err(Exceeded::AccountShare);
    }
    if resulting.silo > liquidity.portion(caps.utilisation, Rounding::Down)? {
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

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
