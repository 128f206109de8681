use super::{BandTerms, Observed, Reference};
use crate::market::price::PricePoint;
use crate::units::{Bps, Millis, Price};
use proptest::prelude::*;

const TERMS: BandTerms = BandTerms { width: Bps(1_000), speed: Bps(20) };
const START: Millis = Millis(1_000_000);

fn first() -> Reference {
    Reference::default().follow(seen(100_000_000, 0, START, 0), TERMS).unwrap()
}

fn seen(price: u64, previous: u64, now: Millis, last_disruption: u64) -> Observed {
    Observed {
        point: PricePoint::exact(Price(price), now),
        previous: Millis(previous),
        now,
        last_disruption: Millis(last_disruption),
        age: Millis(30_000),
    }
}

/// Prices of `price` every `step_ms` for `steps` steps.
fn held(mut reference: Reference, price: u64, step_ms: u64, steps: u64) -> Reference {
    for _ in 0..steps {
        let previous = reference.moved.0;
        let now = Millis(previous + step_ms);
        reference = reference.follow(seen(price, previous, now, 0), TERMS).unwrap();
    }
    reference
}

#[test]
fn the_first_price_is_the_reference() {
    assert_eq!(first(), Reference { price: Price(100_000_000), moved: START, outside: Millis(0) });
}

#[test]
fn agreement_outside_the_band_is_followed_after_a_minute_or_five_with_one_feed() {
    let after = held(first(), 80_000_000, 5_000, 1);
    let since = after.outside;
    assert_eq!(since, Millis(START.0 + 5_000));
    let after = held(after, 80_000_000, 5_000, 20);
    assert_eq!(after.outside, since, "it stays outside without a lapse");
    for (several, wait) in [(true, 60_000), (false, 300_000)] {
        assert!(!after.yields(several, Millis(since.0 + wait - 1)));
        assert!(after.yields(several, Millis(since.0 + wait)));
    }
    assert_eq!(held(after, 99_000_000, 5_000, 1).outside, Millis(0), "back inside");
}

#[test]
fn a_lapse_or_a_break_starts_the_wait_again() {
    let after = held(first(), 80_000_000, 5_000, 3);
    let late = Millis(after.moved.0 + 30_001);
    let lapsed = after.follow(seen(80_000_000, after.moved.0, late, 0), TERMS).unwrap();
    assert_eq!(lapsed.outside, late);
    let soon = Millis(after.moved.0 + 5_000);
    let last_disruption =
        after.follow(seen(80_000_000, after.moved.0, soon, soon.0), TERMS).unwrap();
    assert_eq!(last_disruption.outside, soon);
}

#[test]
fn a_halt_moves_nothing_whatever_its_length() {
    let after_a_day = Millis(START.0 + 86_400_000);
    let halted = seen(50_000_000, START.0, after_a_day, after_a_day.0);
    assert_eq!(first().follow(halted, TERMS).unwrap().price, Price(100_000_000));
    let silent = seen(50_000_000, START.0, after_a_day, 0);
    assert_eq!(
        first().follow(silent, TERMS).unwrap().price,
        Price(99_800_000),
        "one minute's worth"
    );
}

proptest! {
    #[test]
    fn however_often_it_is_asked_it_moves_no_faster_than_its_speed(
        steps in proptest::collection::vec((1..90_000_u64, 1..400_000_000_u64), 1..60),
    ) {
        let mut reference = first();
        for (passed, price) in steps {
            let now = Millis(reference.moved.0 + passed);
            let next = reference.follow(seen(price, reference.moved.0, now, 0), TERMS).unwrap();
            let most = reference.price.0 * 20 * passed.min(60_000) / 600_000_000;
            prop_assert!(next.price.0.abs_diff(reference.price.0) <= most);
            let between = reference.price.0.min(price)..=reference.price.0.max(price);
            prop_assert!(between.contains(&next.price.0), "towards the price, never past it");
            reference = next;
        }
    }
}
