use super::Volatility;
use crate::units::{Millis, Ppm, Price};
use proptest::prelude::*;

fn at(minute: u64) -> Millis {
    Millis(minute * 60_000)
}

#[test]
fn a_bucket_counts_when_its_minute_is_over() {
    let first = Volatility::default().observe(at(1), Price(1_000_000)).unwrap();
    assert_eq!((first.since, first.variance), (at(1), 0));
    let early = first.observe(Millis(119_999), Price(2_000_000)).unwrap();
    assert_eq!(early, first);
    let moved = first.observe(at(2), Price(1_016_000)).unwrap();
    assert_eq!(moved.variance, 16_000 * 16_000 / 16);
    assert_eq!(moved.per_minute(), Ppm(4_000));
}

#[test]
fn a_gap_counts_with_its_length() {
    let first = Volatility::default().observe(at(1), Price(1_000_000)).unwrap();
    let after = first.observe(at(101), Price(1_100_000)).unwrap();
    assert_eq!(after.per_minute(), Ppm(10_000));
}

proptest! {
    #[test]
    fn no_price_overflows_and_calm_forgets(
        prices in proptest::collection::vec((1..u64::MAX, 1..5_u64), 1..30),
    ) {
        let (mut volatility, mut minute) = (Volatility::default(), 1);
        for (price, minutes) in prices {
            minute += minutes;
            volatility = volatility.observe(at(minute), Price(price)).unwrap();
        }
        let last = volatility.price;
        for _ in 0..1_000 {
            minute += 1;
            volatility = volatility.observe(at(minute), last).unwrap();
        }
        prop_assert!(volatility.per_minute() <= Ppm(5));
    }
}
