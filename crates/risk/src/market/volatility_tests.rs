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

#[test]
fn every_fraction_counts_as_movement() {
    let calm = Volatility { since: at(1), price: Price(3_000_000), variance: 0 };
    // A third of a millionth counts as one, its sixteenth as one again.
    assert_eq!(calm.observe(at(2), Price(3_000_001)).unwrap().variance, 1);
    let moving = Volatility { variance: 17, ..calm };
    assert_eq!(moving.observe(at(2), Price(3_000_000)).unwrap().variance, 15);
    // Five millionths over two minutes: 13 a minute, two sixteenths of it.
    let spread = Volatility { price: Price(1_000_000), ..calm };
    assert_eq!(spread.observe(at(3), Price(1_000_005)).unwrap().variance, 2);
    assert_eq!(spread.observe(at(17), Price(1_000_005)).unwrap().variance, 2);
}

/// The variance after `moves` a minute apart, each of the same size.
fn steady(pause: Millis, per_minute: u64, rounds: u64) -> u64 {
    let mut held = Volatility { since: at(1), price: Price(1_000_000_000), variance: 0 };
    // A squared move in proportion to time is what a steady market shows.
    let squared = per_minute * per_minute * pause.0 / 60_000;
    for round in 1..=rounds {
        let price = Price(1_000_000_000 + squared.isqrt() * 1_000);
        let now = Millis(at(1).0 + round * pause.0);
        held = Volatility { price: Price(1_000_000_000), ..held }.observe(now, price).unwrap();
    }
    held.variance
}

#[test]
fn a_price_that_comes_late_in_the_second_minute_makes_no_market_livelier() {
    let calm = steady(Millis(60_000), 1_000, 200);
    let late = steady(Millis(119_999), 1_000, 200);
    assert!(late.abs_diff(calm) <= calm / 100, "{late} {calm}");
}

#[test]
fn the_last_units_are_forgotten_too() {
    let mut held = Volatility { since: at(1), price: Price(1_000_000), variance: 15 };
    for minute in 2..60 {
        held = held.observe(at(minute), Price(1_000_000)).unwrap();
    }
    assert_eq!(held.variance, 0);
}

proptest! {
    #[test]
    fn whatever_the_cadence_a_steady_market_measures_the_same(
        pause in 60_000..960_000_u64, per_minute in 100..100_000_u64,
    ) {
        let found = steady(Millis(pause), per_minute, 400);
        let expected = per_minute * per_minute;
        // The move is rounded to a millionth, before it is squared, and each step by two units.
        prop_assert!(found.abs_diff(expected) <= 4 * per_minute + 64, "{found} {expected}");
    }

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

    #[test]
    fn the_mean_never_leaves_the_largest_move_and_reaches_a_steady_one(
        moves in proptest::collection::vec(1..100_000_u64, 1..40),
    ) {
        let one = 1_000_000;
        let step = |held: Volatility, minute, moved| {
            let held = Volatility { price: Price(one), ..held };
            held.observe(at(minute), Price(one + moved)).unwrap()
        };
        let largest = *moves.iter().max().unwrap();
        let start = Volatility::default().observe(at(1), Price(one)).unwrap();
        let (mut held, mut minute) = (start, 1);
        for moved in &moves {
            minute += 1;
            held = step(held, minute, *moved);
            // Two roundings up a step, remembered for sixteen.
            prop_assert!(held.variance <= largest * largest + 32);
        }
        for _ in 0..1_000 {
            minute += 1;
            held = step(held, minute, largest);
        }
        prop_assert!((largest.saturating_sub(4)..=largest + 4).contains(&u64::from(held.per_minute().0)));
    }

    #[test]
    fn after_a_gap_of_sixteen_minutes_only_the_gap_is_remembered(
        variance: u32, minutes in 16..10_000_u64, moved in 0..10_000_000_u64,
    ) {
        let one = 1_000_000;
        let before = Volatility { since: at(1), price: Price(one), variance: u64::from(variance) };
        let after = before.observe(at(1 + minutes), Price(one + moved)).unwrap();
        prop_assert_eq!(after.variance, (moved * moved).div_ceil(minutes));
        prop_assert_eq!((after.since, after.price), (at(1 + minutes), Price(one + moved)));
    }
}
