//! How fast things may go while the chain recovers: liquidations in a thaw, and collateral that
//! leaves before the venue trusts the chain again.

use crate::chain::policy::Permit;
use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{Bps, Millis, ONE, Price, Size, Usd};

/// Length of the period a market's liquidations are counted over.
const THAW_PERIOD: Millis = Millis::MINUTE;
/// Length of the period outflow is counted over.
const OUTFLOW_PERIOD: Millis = Millis::HOUR;
/// Share of a silo's collateral that exits may take in that period.
const HOURLY_OUTFLOW: Bps = Bps(1_000);
/// An exit waits no longer than this, whatever the limit says.
const LONGEST_EXIT: Millis = Millis::DAY;

/// What went through in the running period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimitWindow {
    /// When the period began.
    pub since: Millis,
    /// How much since.
    pub amount: Usd,
}

/// Somebody's collateral on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// How much.
    pub amount: Usd,
    /// When it was asked for.
    pub requested: Millis,
}

impl RateLimitWindow {
    /// With `amount` spent at `now`; a period that is over begins anew.
    ///
    /// # Errors
    /// [`Overflow`] when the sum does not fit.
    pub fn spend(self, now: Millis, period: Millis, amount: Usd) -> Result<Self, Overflow> {
        let before = self.at(now, period);
        Ok(Self { amount: before.amount.plus(amount)?, ..before })
    }

    fn at(self, now: Millis, period: Millis) -> Self {
        let runs = self.since.0 != 0 && now < self.since.after(period);
        if runs { self } else { Self { since: now, amount: Usd(0) } }
    }

    fn left(self, now: Millis, period: Millis, budget: Usd) -> Usd {
        Usd(budget.0.saturating_sub(self.at(now, period).amount.0))
    }
}

/// Notional that a market's liquidations may still close in this minute of a thaw: `share` of the
/// silo's liquidity, less what the minute has seen; rounded down.
///
/// # Errors
/// [`Overflow`] when the share does not fit.
pub fn thaw_left(
    spent: RateLimitWindow,
    now: Millis,
    liquidity: Usd,
    share: Bps,
) -> Result<Usd, Overflow> {
    Ok(spent.left(now, THAW_PERIOD, liquidity.portion(share, Rounding::Down)?))
}

/// Books notional that a liquidation closed in a thaw.
///
/// # Errors
/// [`Overflow`] when the sum does not fit.
pub fn thaw_spend(
    spent: RateLimitWindow,
    now: Millis,
    closed: Usd,
) -> Result<RateLimitWindow, Overflow> {
    spent.spend(now, THAW_PERIOD, closed)
}

/// As much of `size` as `most` of notional pays for at `price`, rounded down.
pub fn within(size: Size, price: Price, most: Usd) -> Size {
    // A bound that does not fit bounds nothing.
    let fits = mul_div(most.0, ONE, price.0, Rounding::Down).unwrap_or(u64::MAX);
    Size(size.0.min(fits))
}

/// What of an exit may be paid `now`: everything while the chain is trusted, or once it has waited
/// for a day; otherwise as far as the hour's share of the silo's `collateral` goes.
///
/// # Errors
/// [`Overflow`] when the share does not fit.
pub fn payable(
    exit: Exit,
    spent: RateLimitWindow,
    now: Millis,
    collateral: Usd,
    permit: Permit,
) -> Result<Usd, Overflow> {
    if permit == Permit::Allowed || now >= exit.requested.after(LONGEST_EXIT) {
        return Ok(exit.amount);
    }
    // What left in this hour still counts, or the share would shrink as it is used.
    let base = collateral.plus(spent.at(now, OUTFLOW_PERIOD).amount)?;
    let left = spent.left(now, OUTFLOW_PERIOD, base.portion(HOURLY_OUTFLOW, Rounding::Down)?);
    Ok(exit.amount.min(left))
}

/// Books an exit that was paid.
///
/// # Errors
/// [`Overflow`] when the sum does not fit.
pub fn paid(spent: RateLimitWindow, now: Millis, amount: Usd) -> Result<RateLimitWindow, Overflow> {
    spent.spend(now, OUTFLOW_PERIOD, amount)
}

#[cfg(test)]
#[path = "rate_limit_tests.rs"]
mod tests;
