//! Checked arithmetic with a named rounding direction.

/// A result does not fit its type, or a divisor is zero. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

/// Which way a division that does not come out even goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
}

/// `a · b ÷ divisor`, computed without intermediate overflow and rounded as asked.
///
/// # Errors
/// [`Overflow`] when `divisor` is zero or the result exceeds `u64`.
pub fn mul_div(a: u64, b: u64, divisor: u64, rounding: Rounding) -> Result<u64, Overflow> {
    let product = u128::from(a).checked_mul(u128::from(b)).ok_or(Overflow)?;
    let divisor = u128::from(divisor);
    let quotient = match rounding {
        Rounding::Down => product.checked_div(divisor).ok_or(Overflow)?,
        Rounding::Up if divisor == 0 => return Err(Overflow),
        Rounding::Up => product.div_ceil(divisor),
    };
    u64::try_from(quotient).map_err(|_| Overflow)
}

#[cfg(test)]
#[path = "math_tests.rs"]
mod tests;
