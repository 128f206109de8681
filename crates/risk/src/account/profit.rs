//! Realised profit ranks below principal: it is cut when the silo cannot pay all of it.

use crate::account::ledger::{AccountBalances, Ledger};
use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{BPS_ONE, Bps, Millis, Usd};

/// Books after an account's pending profit matured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matured {
    /// The silo.
    pub ledger: Ledger,
    /// The account.
    pub balances: AccountBalances,
    /// What became collateral.
    pub amount: Usd,
}

/// Why profit does not mature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaturityError {
    /// The silo cannot pay all of it now. What is cut is gone for good, so only its owner may give
    /// it up.
    Cut,
    /// An amount does not fit.
    Overflow,
}

impl From<Overflow> for MaturityError {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

/// Turns all of an account's pending profit into collateral, cut by what the silo can pay where the
/// owner accepts that.
///
/// # Errors
/// The reason why not; nothing was changed.
pub fn mature(
    ledger: &Ledger,
    balances: AccountBalances,
    share: Bps,
    accepts_cut: bool,
) -> Result<Matured, MaturityError> {
    let pending = balances.pending_profit;
    let amount = matured(pending, ledger.pending_profit, ledger.liquidity, share)?;
    if amount < pending && !accepts_cut {
        return Err(MaturityError::Cut);
    }
    let mut ledger = *ledger;
    ledger.pending_profit = ledger.pending_profit.minus(pending)?;
    ledger.liquidity = ledger.liquidity.minus(amount)?;
    ledger.collateral = ledger.collateral.plus(amount)?;
    let collateral = balances.collateral.plus(amount)?;
    let balances = AccountBalances { collateral, pending_profit: Usd(0), ..balances };
    Ok(Matured { ledger, balances, amount })
}

/// When pending profit counts as realised after it changed from `before` to `after`: an addition
/// moves it towards `now` by its share of the whole (rounded up, against the trader), so that one
/// more small profit does not start the wait for a large one anew. What has waited for longer than
/// `maturity` counts as having waited for that long: however old, it ends nobody else's wait.
///
/// # Errors
/// [`Overflow`] never for real times; the quotient is below `now`.
pub fn since(
    before: Usd,
    since: Millis,
    after: Usd,
    now: Millis,
    maturity: Millis,
) -> Result<Millis, Overflow> {
    if after <= before {
        return Ok(since);
    }
    let since = since.max(Millis(now.0.saturating_sub(maturity.0)));
    let added = after.minus(before)?;
    let moved = mul_div(now.since(since).0, added.0, after.0, Rounding::Up)?;
    Ok(since.after(Millis(moved)))
}

/// Collateral that `pending` matures into: `pending · h` with
/// `h = min(1, share · liquidity ÷ total_pending)`, rounded down so that all claims together never
/// exceed what is payable.
///
/// # Errors
/// [`Overflow`] when `pending` exceeds `total_pending`, which no consistent ledger shows.
pub fn matured(
    pending: Usd,
    total_pending: Usd,
    liquidity: Usd,
    share: Bps,
) -> Result<Usd, Overflow> {
    if pending > total_pending {
        return Err(Overflow);
    }
    let payable = liquidity.portion(share, Rounding::Down)?;
    if payable >= total_pending {
        return Ok(pending);
    }
    mul_div(pending.0, payable.0, total_pending.0, Rounding::Down).map(Usd)
}

/// The least liquidity that pays `total_pending` in full, rounded up. With a share of zero no
/// liquidity does, which is an error.
///
/// # Errors
/// [`Overflow`] when it does not fit.
pub fn paid_in_full_by(total_pending: Usd, share: Bps) -> Result<Usd, Overflow> {
    if total_pending.0 == 0 {
        return Ok(Usd(0));
    }
    mul_div(total_pending.0, BPS_ONE, u64::from(share.0), Rounding::Up).map(Usd)
}

#[cfg(test)]
#[path = "profit_tests.rs"]
mod tests;
