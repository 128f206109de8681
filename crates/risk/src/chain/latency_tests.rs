use super::{covered_move, exposure, initial_ratio};
use crate::chain::health::{ChainSample, Monitor, Thresholds};
use crate::units::{Bps, Millis, Ppm};
use proptest::prelude::*;

#[test]
fn three_deviations_over_a_minute_and_over_four() {
    assert_eq!(covered_move(Ppm(1_000), Millis(60_000)), Ok(Bps(31)));
    assert_eq!(covered_move(Ppm(1_000), Millis(240_000)), Ok(Bps(61)));
}

#[test]
fn a_move_larger_than_the_floor_is_what_margin_covers() {
    let ratio = |per_minute| {
        initial_ratio(Bps(100), Bps(20), Ppm(per_minute), Millis(60_000), false).unwrap()
    };
    assert_eq!([1_000, 10_000, 10_000_000].map(ratio), [Bps(120), Bps(321), Bps(10_000)]);
}

#[test]
fn slower_slots_and_a_later_flag_lengthen_the_wait() {
    let limits = Thresholds::default();
    let calm = Monitor::new(&ChainSample::default());
    let slow = Monitor { window_us: 1_200_000, ..calm };
    let wait = exposure(Millis(3_000), &calm, &limits);
    assert_eq!(wait, Millis(3_000 + 12_800 + 900_000 + 600_000));
    assert_eq!(exposure(Millis(3_000), &slow, &limits), wait.after(Millis(25_600)));
}

#[test]
fn half_as_much_again_is_rounded_up() {
    let ratio = |floor| initial_ratio(Bps(floor), Bps(0), Ppm(0), Millis(0), true).unwrap();
    assert_eq!([100, 101, 102].map(ratio), [Bps(150), Bps(152), Bps(153)]);
}

proptest! {
    #[test]
    fn what_is_covered_is_three_deviations_at_least_and_two_points_more_at_most(
        per_minute in 0..50_000_u32, wait in 0..10_000_000_u64,
    ) {
        let covered = u128::from(covered_move(Ppm(per_minute), Millis(wait)).unwrap().0) * 100;
        let exact = 9 * u128::from(per_minute).pow(2) * u128::from(wait);
        prop_assert!(covered.pow(2) * 60_000 >= exact);
        prop_assert!(covered.saturating_sub(200).pow(2) * 60_000 <= exact);
    }

    #[test]
    fn margin_never_falls_with_volatility_wait_or_stress(
        floor in 50..5_000_u16, costs in 0..500_u16, per_minute in 0..50_000_u32,
        more in 0..50_000_u32, wait in 0..10_000_000_u64, longer in 0..10_000_000_u64,
    ) {
        let ratio = |per_minute, wait, stressed| {
            initial_ratio(Bps(floor), Bps(costs), Ppm(per_minute), Millis(wait), stressed).unwrap()
        };
        let calm = ratio(per_minute, wait, false);
        prop_assert!(calm.0 >= floor + costs && calm.0 <= 10_000);
        prop_assert!(ratio(per_minute + more, wait, false) >= calm);
        prop_assert!(ratio(per_minute, wait + longer, false) >= calm);
        prop_assert!(ratio(per_minute, wait, true) >= calm);
    }
}
