use super::{Overflow, Rounding, divide, mul_div};
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

/// Halves at which an estimated digit is one or two too large, or a carry is lost.
const HALVES: [u64; 8] = [0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe, 0xffff_ffff];

fn edges() -> impl Iterator<Item = u64> + Clone {
    HALVES.into_iter().flat_map(|high| HALVES.into_iter().map(move |low| high << 32 | low))
}

/// The only pair that `quotient · divisor + remainder` may be divided into again.
fn divides_back(quotient: u64, divisor: u64, remainder: u64) -> bool {
    let dividend = u128::from(quotient) * u128::from(divisor) + u128::from(remainder);
    divide(dividend, divisor) == Ok((quotient, remainder))
}

#[test]
fn every_pair_of_edges_divides_back_with_every_edge_of_the_remainder() {
    for divisor in edges().filter(|divisor| *divisor > 0) {
        for remainder in [0, 1, divisor / 2, divisor - 1].into_iter().filter(|rest| *rest < divisor)
        {
            for quotient in edges() {
                assert!(divides_back(quotient, divisor, remainder), "{quotient:x} {divisor:x}");
            }
        }
    }
}

#[test]
fn the_first_quotient_beyond_u64_is_an_error_and_the_last_within_is_not() {
    for divisor in edges() {
        let beyond = u128::from(divisor) << 64;
        assert_eq!(divide(beyond, divisor), Err(Overflow));
        if divisor > 0 {
            assert_eq!(divide(beyond - 1, divisor), Ok((u64::MAX, divisor - 1)));
        }
    }
}

fn structured() -> impl Strategy<Value = u64> {
    let half = || prop_oneof![proptest::sample::select(&HALVES[..]), 0..=0xffff_ffff_u64];
    (half(), half()).prop_map(|(high, low)| high << 32 | low)
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

    #[test]
    fn division_is_that_of_128_bits(
        high in prop_oneof![Just(0), any::<u64>(), structured()], low in structured(),
        divisor in prop_oneof![any::<u64>(), structured()],
    ) {
        let dividend = u128::from(high) << 64 | u128::from(low);
        let exact = dividend.checked_div(u128::from(divisor)).and_then(|it| u64::try_from(it).ok());
        let found = divide(dividend, divisor);
        prop_assert_eq!(found.map(|(quotient, _)| quotient).ok(), exact);
        if let Ok((_, remainder)) = found {
            prop_assert_eq!(u128::from(remainder), dividend % u128::from(divisor));
        }
    }

    #[test]
    fn what_was_multiplied_divides_back(
        quotient in structured(), divisor in structured(), part in structured(),
    ) {
        prop_assert!(divisor == 0 || divides_back(quotient, divisor, part % divisor));
    }
}
