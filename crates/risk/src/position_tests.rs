use super::{notional, pnl};
use crate::math::{Overflow, Rounding};
use crate::units::{Price, Side, Size, Usd};
use proptest::prelude::*;

const BOUND: u64 = 1_000_000_000_000;

#[test]
fn ten_units_at_two_hundred() {
    let value = notional(Size(10_000_000), Price(200_000_000), Rounding::Down);
    assert_eq!(value, Ok(Usd(2_000_000_000)));
}

#[test]
fn too_large_is_an_error() {
    let profit = pnl(Side::Long, Size(u64::MAX), Price(0), Price(u64::MAX));
    assert_eq!(profit, Err(Overflow));
}

proptest! {
    #[test]
    fn opposite_positions_never_take_from_the_vault(
        size in 0..BOUND, entry in 0..BOUND, price in 0..BOUND,
    ) {
        let long = pnl(Side::Long, Size(size), Price(entry), Price(price)).unwrap().0;
        let short = pnl(Side::Short, Size(size), Price(entry), Price(price)).unwrap().0;
        prop_assert!((-1..=0).contains(&(long + short)));
    }

    #[test]
    fn splitting_a_position_never_pays_more(
        a in 0..BOUND, b in 0..BOUND, entry in 0..BOUND, price in 0..BOUND,
    ) {
        let of = |size| pnl(Side::Long, Size(size), Price(entry), Price(price)).unwrap().0;
        prop_assert!(of(a) + of(b) <= of(a + b));
    }
}
