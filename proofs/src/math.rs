//! Arithmetic.

use holdfast_risk::Rounding;
use holdfast_risk::math::mul_div;

use crate::given::{Answer, Given, assume, case, claim};

/// A rounding.
pub fn rounding(up: bool) -> Rounding {
    if up { Rounding::Up } else { Rounding::Down }
}

/// `mul_div` is the quotient of the exact product, rounded as asked, and refuses only what does not
/// fit.
///
/// The cases are products of 64 bits and longer ones, which are divided in another way.
pub fn mul_div_is_exact(given: &mut Given) -> Answer {
    let is_short = case(given, 2)? == 0;
    let (a, b, divisor, up) = (given.u64(), given.u64(), given.u64(), given.bool());
    assume(a.checked_mul(b).is_some() == is_short)?;
    let product = u128::from(a) * u128::from(b);
    let (by, most) = (u128::from(divisor), u128::from(u64::MAX));
    match mul_div(a, b, divisor, rounding(up)) {
        Ok(result) => {
            let whole = u128::from(result) * by;
            if up {
                claim(whole >= product)?;
                claim(divisor > 0 && whole - product < by)
            } else {
                claim(whole <= product)?;
                claim(divisor > 0 && product - whole < by)
            }
        }
        // Even the largest result would be too small.
        Err(_) if up => claim(divisor == 0 || most * by < product),
        Err(_) => claim(divisor == 0 || most * by + by <= product),
    }
}
