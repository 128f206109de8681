use super::{BPS_ONE, Bps, ImplausibleTime, Millis, Ppm, Price, Side, SignedSize, Usd};
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

#[test]
fn a_share_in_millionths_is_rounded_as_asked() {
    assert_eq!(Ppm(1).portion_of(2_000_001, Rounding::Down), Ok(2));
    assert_eq!(Ppm(1).portion_of(2_000_001, Rounding::Up), Ok(3));
    assert_eq!(Ppm(1_000_000).portion_of(u64::MAX, Rounding::Up), Ok(u64::MAX));
    assert_eq!(Ppm(1_000_001).portion_of(u64::MAX, Rounding::Down), Err(Overflow));
}

#[test]
fn no_size_at_all_counts_as_long() {
    let sides = [-1, 0, 1].map(|size| SignedSize(size).side());
    assert_eq!(sides, [Side::Short, Side::Long, Side::Long]);
}

#[test]
fn a_moment_in_another_unit_is_implausible() {
    let now_ms = 1_760_000_000_000;
    assert_eq!(Millis(now_ms).plausible_time_ms(), Ok(()));
    assert_eq!(Millis(u64::MAX).plausible_time_ms(), Ok(()), "never");
    for other in [0, now_ms / 1_000, now_ms * 1_000, now_ms * 1_000_000, u64::MAX - 1] {
        assert_eq!(Millis(other).plausible_time_ms(), Err(ImplausibleTime), "{other}");
    }
    assert_eq!(Millis(1_000_000_000_000).plausible_time_ms(), Ok(()));
    assert!(Millis(999_999_999_999).plausible_time_ms().is_err());
    assert_eq!(Millis(9_999_999_999_999).plausible_time_ms(), Ok(()));
    assert!(Millis(10_000_000_000_000).plausible_time_ms().is_err());
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
