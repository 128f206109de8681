extern crate std;
use std::vec::Vec;

use super::{PricePoint, execution_price, within_limit};
use crate::units::{Price, Side};
use proptest::prelude::*;

#[test]
fn a_limit_is_kept_to_the_unit_on_either_side() {
    for (price, long, short) in [(99, true, false), (100, true, true), (101, false, true)] {
        assert_eq!(within_limit(Side::Long, Price(price), Price(100)), long);
        assert_eq!(within_limit(Side::Short, Price(price), Price(100)), short);
    }
}

#[test]
fn a_request_at_the_end_of_time_waits() {
    let last = PricePoint { published_ms: u64::MAX, price: Price(1) };
    assert_eq!(execution_price(&[last], u64::MAX, 1), None);
}

proptest! {
    #[test]
    fn the_first_price_after_the_delay_and_no_other(
        times in proptest::collection::vec(0..1_000_u64, 0..16), requested in 0..1_000_u64,
        delay in 0..100_u64,
    ) {
        let recent: Vec<_> = times
            .iter()
            .map(|&published_ms| PricePoint { published_ms, price: Price(published_ms) })
            .collect();
        let chosen = execution_price(&recent, requested, delay).map(|point| point.published_ms);
        let mut later = times;
        later.retain(|&time| time >= requested + delay);
        later.sort_unstable();
        prop_assert_eq!(chosen, later.first().copied());
    }
}
