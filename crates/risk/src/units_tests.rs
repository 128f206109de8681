use super::{BPS_ONE, Bps, Millis, Price, Usd};
use crate::math::{Overflow, Rounding};
use proptest::prelude::*;

#[test]
fn durations_are_built_on_each_other() {
    let all = [Millis::SECOND, Millis::MINUTE, Millis::HOUR, Millis::DAY];
    assert_eq!(all.map(|duration| duration.0), [1_000, 60_000, 3_600_000, 86_400_000]);
    assert_eq!(Millis::DAY.times(u64::MAX), Millis(u64::MAX));
}

#[test]
fn a_portion_above_the_whole_can_leave_the_type() {
    assert_eq!(Usd(u64::MAX).portion(Bps(10_000), Rounding::Up), Ok(Usd(u64::MAX)));
    assert_eq!(Usd(u64::MAX).portion(Bps(10_001), Rounding::Down), Err(Overflow));
    assert_eq!(Price(1).portion(Bps(20_000), Rounding::Down), Ok(Price(2)));
}

proptest! {
    #[test]
    fn a_portion_is_the_exact_share_rounded_as_asked(whole: u64, share in 0..=10_000_u16) {
        let exact = u128::from(whole) * u128::from(share);
        let one = u128::from(BPS_ONE);
        let portion = |rounding| u128::from(Usd(whole).portion(Bps(share), rounding).unwrap().0);
        prop_assert_eq!(portion(Rounding::Down), exact / one);
        prop_assert_eq!(portion(Rounding::Up), exact.div_ceil(one));
    }
}
