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
        // Each piece rounds up on its own, by less than a millionth of its size.
        prop_assert!(pieces + delta.unsigned_abs() >= cost(skew, whole));
    }

    #[test]
    fn reducing_skew_pays_the_base_only(skew in 1..50_000_000_i64, part in 1..50_000_000_i64) {
        let part = part.min(skew);
        prop_assert_eq!(spread(skew, -part), 200);
        prop_assert_eq!(spread(-skew, part), 200);
        prop_assert!(spread(skew, part) >= 200);
    }
}
