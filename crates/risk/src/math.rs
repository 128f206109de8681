//! Checked arithmetic with a named rounding direction.

/// A result does not fit its type, or a divisor is zero. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

/// The direction in which an inexact division rounds.
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
    // Most products fit 64 bits, and on chain checking that costs less than forming a longer one.
    let (quotient, remainder) = match a.checked_mul(b) {
        Some(product) => divide_short(product, divisor)?,
        None => divide(u128::from(a).wrapping_mul(u128::from(b)), divisor)?,
    };
    match rounding {
        Rounding::Up if remainder > 0 => quotient.checked_add(1).ok_or(Overflow),
        _ => Ok(quotient),
    }
}

/// Quotient and remainder of a 128-bit number by a 64-bit one.
///
/// The chain has no 128-bit division: a product that fits 64 bits takes one instruction here, and
/// a longer one two steps of schoolbook division in base 2³² (Knuth, The Art of Computer
/// Programming, volume 2, algorithm D) instead of the compiler's bit-by-bit loop.
///
/// # Errors
/// [`Overflow`] when `divisor` is zero or the quotient exceeds `u64`.
pub fn divide(dividend: u128, divisor: u64) -> Result<(u64, u64), Overflow> {
    let (high, low) = halves(dividend);
    if high >= divisor {
        return Err(Overflow);
    }
    if high == 0 { divide_short(low, divisor) } else { Ok(divide_long(dividend, divisor)) }
}

fn divide_short(dividend: u64, divisor: u64) -> Result<(u64, u64), Overflow> {
    let quotient = dividend.checked_div(divisor).ok_or(Overflow)?;
    let remainder = dividend.checked_rem(divisor).ok_or(Overflow)?;
    Ok((quotient, remainder))
}

/// Splits `total`, counted in `divisor`ths of a unit, into whole units and the parts left over. Both
/// have the sign of `total`; adding the parts left over to the next total loses nothing.
///
/// # Errors
/// [`Overflow`] when `divisor` is zero, or a result exceeds `i64`.
pub fn whole_units(total: i128, divisor: u64) -> Result<(i64, i64), Overflow> {
    let (units, rest) = divide(total.unsigned_abs(), divisor)?;
    let units = i64::try_from(units).map_err(|_| Overflow)?;
    let rest = i64::try_from(rest).map_err(|_| Overflow)?;
    Ok(if total < 0 { (units.wrapping_neg(), rest.wrapping_neg()) } else { (units, rest) })
}

/// `dividend ÷ divisor` where the dividend's high half is not zero and is below `divisor`.
fn divide_long(dividend: u128, divisor: u64) -> (u64, u64) {
    let shift = divisor.leading_zeros();
    let divisor = divisor.wrapping_shl(shift);
    let (high, low) = halves(dividend.wrapping_shl(shift));
    let (first, rest) = digit(high, low.wrapping_shr(32), divisor);
    let (second, rest) = digit(rest, low & LOW_HALF, divisor);
    (first.wrapping_shl(32) | second, rest.wrapping_shr(shift))
}

const LOW_HALF: u64 = 0xffff_ffff;

/// One base-2³² digit of `(rest · 2³² + next) ÷ divisor`, and what remains. `divisor` has its top
/// bit set and `rest` is below it, so an estimate from the top digit is at most two too large.
/// Sums wrap as the algorithm intends: the true remainder always fits 64 bits.
fn digit(rest: u64, next: u64, divisor: u64) -> (u64, u64) {
    let (top, bottom) = (divisor.wrapping_shr(32), divisor & LOW_HALF);
    let mut estimate = rest.checked_div(top).unwrap_or_default();
    let mut left = rest.wrapping_sub(estimate.wrapping_mul(top));
    while estimate > LOW_HALF || estimate.wrapping_mul(bottom) > (left.wrapping_shl(32) | next) {
        estimate = estimate.wrapping_sub(1);
        left = left.wrapping_add(top);
        if left > LOW_HALF {
            break;
        }
    }
    let rest = rest.wrapping_shl(32).wrapping_add(next);
    (estimate, rest.wrapping_sub(estimate.wrapping_mul(divisor)))
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn halves(value: u128) -> (u64, u64) {
    (value.wrapping_shr(64) as u64, value as u64)
}

#[cfg(test)]
#[path = "math_tests.rs"]
mod tests;
