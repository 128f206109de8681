use super::{Spread, half_spread};
use crate::units::{Bps, Ppm, SignedSize, Size};
use proptest::prelude::*;

const TERMS: Spread =
    Spread { base: Ppm(200), depth: Size(1_000_000_000), volatility_share: Bps(1_000) };

fn spread(skew: i64, delta: i64) -> u64 {
    let found = half_spread(TERMS, SignedSize(skew), SignedSize(delta), Ppm(0));
    u64::from(found.unwrap().0)
}

#[test]
fn a_tenth_of_the_minutes_volatility_is_added() {
    let calm = half_spread(TERMS, SignedSize(0), SignedSize(-1), Ppm(0)).unwrap();
    let wild = half_spread(TERMS, SignedSize(0), SignedSize(-1), Ppm(5_000)).unwrap();
    assert_eq!(wild.0 - calm.0, 500);
}

#[test]
fn a_zero_trade_or_depth_is_an_error() {
    assert!(half_spread(TERMS, SignedSize(5), SignedSize(0), Ppm(0)).is_err());
    let dry = Spread { depth: Size(0), ..TERMS };
    assert!(half_spread(dry, SignedSize(0), SignedSize(1), Ppm(0)).is_err());
}

proptest! {
    #[test]
    fn cutting_a_trade_into_pieces_never_helps(
        skew in -50_000_000..50_000_000_i64, delta in 2..50_000_000_i64, cut in 1..50_000_000_i64,
        sells: bool,
    ) {
        let cut = 1 + cut % (delta - 1);
        let (whole, first) = if sells { (-delta, -cut) } else { (delta, cut) };
        let cost = |skew, delta: i64| spread(skew, delta) * delta.unsigned_abs();
        let pieces = cost(skew, first) + cost(skew + first, whole - first);
        // Each trade rounds up on its own, by less than two millionths of its size.
        prop_assert!(pieces + 2 * delta.unsigned_abs() >= cost(skew, whole));
    }

    #[test]
    fn reducing_skew_pays_the_base_only(skew in 1..50_000_000_i64, part in 1..50_000_000_i64) {
        let part = part.min(skew);
        prop_assert_eq!(spread(skew, -part), 200);
        prop_assert_eq!(spread(-skew, part), 200);
        prop_assert!(spread(skew, part) >= 200);
    }

    #[test]
    fn the_spread_is_the_area_under_the_skew_along_the_trade(
        skew in -300..300_i64, delta in -300..300_i64, depth in 1..2_000_u64, base in 0..10_000_u32,
        volatility in 0..100_000_u32, share in 0..=10_000_u16,
    ) {
        prop_assume!(delta != 0);
        let terms = Spread { base: Ppm(base), depth: Size(depth), volatility_share: Bps(share) };
        let found = half_spread(terms, SignedSize(skew), SignedSize(delta), Ppm(volatility)).unwrap();
        // Unit by unit: twice the mean distance from balance, where the trade leads away from it.
        let away = if delta > 0 { skew } else { -skew };
        let twice: i64 = (away..away + delta.abs()).map(|at| (2 * at + 1).max(0)).sum();
        let impact = (twice.unsigned_abs() * 1_000_000).div_ceil(2 * depth * delta.unsigned_abs());
        let uncertain = (u64::from(volatility) * u64::from(share)).div_ceil(10_000).min(50_000);
        let least = u64::from(base) + impact + uncertain;
        prop_assert!((least..=least + 1).contains(&u64::from(found.0)), "{found:?} {least}");
    }

    #[test]
    fn a_side_pays_what_the_other_would_in_its_mirror(
        skew in -50_000_000..50_000_000_i64, delta in 1..50_000_000_i64,
    ) {
        prop_assert_eq!(spread(skew, delta), spread(-skew, -delta));
    }
}
