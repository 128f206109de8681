//! Realised profit is junior to principal: what matures is cut when the silo cannot pay all of it.

use crate::math::{Overflow, Rounding, mul_div};
use crate::units::Usd;

/// Collateral that `pending` matures into: `pending · min(1, payable ÷ total_pending)`, rounded
/// down so that all claims together never exceed `payable`.
///
/// # Errors
/// [`Overflow`] when `pending` exceeds `total_pending`, which no consistent ledger shows.
pub fn matured(pending: Usd, payable: Usd, total_pending: Usd) -> Result<Usd, Overflow> {
    if pending > total_pending {
        return Err(Overflow);
    }
    if payable >= total_pending {
        return Ok(pending);
    }
    mul_div(pending.0, payable.0, total_pending.0, Rounding::Down).map(Usd)
}

#[cfg(test)]
#[path = "profit_tests.rs"]
mod tests;
