use super::{covers, equity, requirement};
use crate::math::Overflow;
use crate::units::{Bps, SignedUsd, Usd};
use proptest::prelude::*;

#[test]
fn five_percent_of_a_thousand() {
    assert_eq!(requirement(Usd(1_000_000_000), Bps(500)), Ok(Usd(50_000_000)));
}

#[test]
fn the_line_itself_is_safe_and_one_unit_below_is_not() {
    assert!(covers(SignedUsd(50), Usd(50)));
    assert!(!covers(SignedUsd(49), Usd(50)));
    assert!(!covers(SignedUsd(-1), Usd(0)));
    assert!(!covers(SignedUsd(i64::MAX), Usd(u64::MAX)));
}

#[test]
fn equity_out_of_range_is_an_error() {
    assert_eq!(equity(Usd(u64::MAX), SignedUsd(0)), Err(Overflow));
    assert_eq!(equity(Usd(1), SignedUsd(i64::MAX)), Err(Overflow));
}

proptest! {
    #[test]
    fn splitting_a_position_never_lowers_its_requirement(
        a in 0..u64::MAX / 2, b in 0..u64::MAX / 2, ratio in 0..=10_000_u16,
    ) {
        let of = |notional| requirement(Usd(notional), Bps(ratio)).unwrap().0;
        prop_assert!(of(a) + of(b) >= of(a + b));
    }
}
