use super::{Overflow, Rounding, mul_div};
use proptest::prelude::*;

#[test]
fn zero_divisor_is_an_error_either_way() {
    assert_eq!(mul_div(1, 1, 0, Rounding::Down), Err(Overflow));
    assert_eq!(mul_div(1, 1, 0, Rounding::Up), Err(Overflow));
}

#[test]
fn a_result_beyond_u64_is_an_error() {
    assert_eq!(mul_div(u64::MAX, 2, 1, Rounding::Down), Err(Overflow));
    assert_eq!(mul_div(u64::MAX, u64::MAX, u64::MAX, Rounding::Up), Ok(u64::MAX));
}

proptest! {
    #[test]
    fn down_and_up_bracket_the_exact_quotient(a: u64, b: u64, d in 1..=u64::MAX) {
        let (exact, d128) = (u128::from(a) * u128::from(b), u128::from(d));
        if let Ok(down) = mul_div(a, b, d, Rounding::Down) {
            prop_assert!(u128::from(down) * d128 <= exact);
            prop_assert!(exact - u128::from(down) * d128 < d128);
            if let Ok(up) = mul_div(a, b, d, Rounding::Up) {
                prop_assert_eq!(up - down, u64::from(exact % d128 != 0));
            }
        } else {
            prop_assert!(exact / d128 > u128::from(u64::MAX));
        }
    }
}
