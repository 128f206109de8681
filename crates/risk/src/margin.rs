//! How much margin a position needs, and where an account stands against it.

use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{Bps, SignedUsd, Usd};

/// Basis points in one whole.
const BPS_ONE: u64 = 10_000;

/// Margin asked of `notional` at `ratio`, rounded up (against the trader).
///
/// # Errors
/// [`Overflow`] when the requirement exceeds `u64` native units.
pub fn requirement(notional: Usd, ratio: Bps) -> Result<Usd, Overflow> {
    mul_div(notional.0, u64::from(ratio.0), BPS_ONE, Rounding::Up).map(Usd)
}

/// Whether `equity` covers `requirement`; equal is enough.
pub fn covers(equity: SignedUsd, requirement: Usd) -> bool {
    i128::from(equity.0) >= i128::from(requirement.0)
}

/// Collateral plus unrealised profit.
///
/// # Errors
/// [`Overflow`] when the sum does not fit `i64` native units.
pub fn equity(collateral: Usd, unrealised: SignedUsd) -> Result<SignedUsd, Overflow> {
    let collateral = i64::try_from(collateral.0).map_err(|_| Overflow)?;
    collateral.checked_add(unrealised.0).map(SignedUsd).ok_or(Overflow)
}

#[cfg(test)]
#[path = "margin_tests.rs"]
mod tests;
