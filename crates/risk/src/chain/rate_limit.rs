//! Limits while the chain recovers: how much a market's liquidations close per minute of a thaw, and
//! how fast each exit is paid, by its own clock, until the venue trusts the chain again.

use crate::chain::policy::Permit;
use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{Bps, Millis, ONE, Price, Size, Usd};

/// Length of the period a market's liquidations are counted over.
const THAW_PERIOD: Millis = Millis::MINUTE;
/// Each hour pays a tenth of what an exit still had to get when the hour began.
const HOURLY_PART: u64 = 10;
/// After this long an exit is paid in full.
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
    /// How much was asked for.
    pub asked: Usd,
    /// The part of it that still waits.
    pub waits: Usd,
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

/// `size`, or less of it if its notional at `price` exceeds `most`; rounded down.
pub fn within(size: Size, price: Price, most: Usd) -> Size {
    // A result that overflows is no bound.
    let fits = mul_div(most.0, ONE, price.0, Rounding::Down).unwrap_or(u64::MAX);
    Size(size.0.min(fits))
}

/// How much of an exit may be paid `now`: everything while the chain is trusted, or once it has waited
/// for a day; otherwise what [`Exit::due`] says.
///
/// Nothing that others do, or did while the chain was trusted, makes it less.
///
/// # Errors
/// [`Overflow`] when more waits than was asked for.
pub fn payable(exit: Exit, now: Millis, permit: Permit) -> Result<Usd, Overflow> {
    let waited = now.since(exit.requested);
    if permit == Permit::Allowed || waited >= LONGEST_EXIT {
        return Ok(exit.waits);
    }
    let paid = exit.asked.minus(exit.waits)?;
    Ok(Usd(exit.due(waited).0.saturating_sub(paid.0)))
}

impl Exit {
    /// What is due after waiting, parts already paid included: a tenth of what is left each hour,
    /// evenly within the hour, rounded down.
    ///
    /// It depends only on when the exit was asked for, so who calls for its payment, and how often,
    /// changes nothing. What was paid out, deposited and asked for again waits from the beginning. So
    /// no more than a ninth of what waits is paid in an hour.
    fn due(&self, waited: Millis) -> Usd {
        let mut left = self.asked.0;
        for _ in 0..waited.0 / Millis::HOUR.0 {
            left = left.saturating_sub(left / HOURLY_PART);
        }
        let (hour, part) = (Millis::HOUR.0, left / HOURLY_PART);
        let part =
            mul_div(part, waited.0.checked_rem(hour).unwrap_or_default(), hour, Rounding::Down);
        left = left.saturating_sub(part.unwrap_or_default());
        Usd(self.asked.0.saturating_sub(left))
    }
}

#[cfg(test)]
#[path = "rate_limit_tests.rs"]
mod tests;
