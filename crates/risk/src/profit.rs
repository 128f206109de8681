//! Realised profit is junior to principal: what matures is cut when the silo cannot pay all of it.

use crate::margin::BPS_ONE;
use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{Bps, Usd};

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
    let payable = mul_div(liquidity.0, u64::from(share.0), BPS_ONE, Rounding::Down)?;
    if payable >= total_pending.0 {
        return Ok(pending);
    }
    mul_div(pending.0, payable, total_pending.0, Rounding::Down).map(Usd)
}

#[cfg(test)]
#[path = "profit_tests.rs"]
mod tests;
