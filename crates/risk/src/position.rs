//! Notional value and profit of a position.

use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{ONE, Price, Side, SignedUsd, Size, Usd};

/// Value of `size` at `price`, rounded as the caller's side of the trade requires.
///
/// # Errors
/// [`Overflow`] when the value exceeds `u64` native units.
pub fn notional(size: Size, price: Price, rounding: Rounding) -> Result<Usd, Overflow> {
    mul_div(size.0, price.0, ONE, rounding).map(Usd)
}

/// Profit of a position since `entry`: `size · (price − entry)`, negated for a short.
///
/// A gain rounds down and a loss rounds up, so the fraction always stays with the vault.
///
/// # Errors
/// [`Overflow`] when the profit does not fit `i64` native units.
pub fn pnl(side: Side, size: Size, entry: Price, price: Price) -> Result<SignedUsd, Overflow> {
    let gained = match side {
        Side::Long => price >= entry,
        Side::Short => price <= entry,
    };
    let rounding = if gained { Rounding::Down } else { Rounding::Up };
    let amount = mul_div(size.0, price.0.abs_diff(entry.0), ONE, rounding)?;
    let amount = i64::try_from(amount).map_err(|_| Overflow)?;
    let signed = if gained { amount } else { amount.checked_neg().ok_or(Overflow)? };
    Ok(SignedUsd(signed))
}

#[cfg(test)]
#[path = "position_tests.rs"]
mod tests;
