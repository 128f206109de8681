extern crate std;
use std::vec::Vec;

use super::{
    Aggregate, AggregationParams, FeedReading, MAX_FEEDS, NoPrice, aggregate, quorum_fits,
};
use crate::market::price::PricePoint;
use crate::units::{Bps, Millis, Price};
use proptest::prelude::*;

const NOW: Millis = Millis(1_000_000);
const AGE: Millis = Millis(30_000);

fn panel(quorum: u8) -> AggregationParams {
    AggregationParams { quorum, divergence: Bps(100), age: AGE }
}

/// Readings of a price this many seconds old.
fn readings(of: &[(u64, u64)]) -> Vec<FeedReading> {
    let stored = |&(price, age): &(u64, u64)| FeedReading {
        price: Price(price),
        published: Millis(NOW.0 - age * 1_000),
    };
    of.iter().map(stored).collect()
}

fn priced(quorum: u8, of: &[(u64, u64)]) -> Result<Aggregate, NoPrice> {
    aggregate(&readings(of), panel(quorum), Millis(0), NOW, Millis(0))
}

fn found(
    low: u64,
    high: u64,
    age: u64,
    taking_part: u8,
    outliers: u8,
) -> Result<Aggregate, NoPrice> {
    let published = Millis(NOW.0 - age * 1_000);
    let point = PricePoint { published, low: Price(low), high: Price(high) };
    Ok(Aggregate { point, taking_part, outliers })
}

#[test]
fn one_to_five_feeds_give_their_median_published_when_a_quorum_was() {
    assert_eq!(priced(1, &[(10_000, 3)]), found(10_000, 10_000, 3, 0b1, 0));
    assert_eq!(priced(2, &[(10_000, 3), (10_050, 1)]), found(10_000, 10_050, 3, 0b11, 0));
    let three = [(10_050, 9), (10_000, 1), (10_010, 2)];
    assert_eq!(priced(2, &three), found(10_010, 10_010, 2, 0b111, 0));
    assert_eq!(priced(3, &three), found(10_010, 10_010, 9, 0b111, 0));
    let four = [(10_050, 9), (10_000, 1), (10_010, 2), (10_030, 4)];
    assert_eq!(priced(3, &four), found(10_010, 10_030, 4, 0b1111, 0));
    let five = [(10_050, 9), (10_000, 1), (10_010, 2), (10_030, 4), (10_020, 7)];
    assert_eq!(priced(3, &five), found(10_020, 10_020, 4, 0b11111, 0));
}

#[test]
fn an_outlier_is_dropped_while_a_quorum_agrees_and_otherwise_there_is_no_price() {
    let lied = [(10_000, 1), (15_000, 1), (10_010, 1)];
    assert_eq!(priced(2, &lied), found(10_000, 10_010, 1, 0b101, 0b10));
    assert_eq!(priced(3, &lied), Err(NoPrice::Diverging));
    assert_eq!(priced(2, &[(10_000, 1), (15_000, 1)]), Err(NoPrice::Diverging));
    let halves = [(10_000, 1), (15_000, 1), (10_010, 1), (15_010, 1)];
    assert_eq!(priced(3, &halves), Err(NoPrice::Diverging));
}

#[test]
fn what_is_old_from_before_the_break_or_was_never_read_does_not_count() {
    assert_eq!(priced(2, &[(10_000, 1), (10_000, 31)]), Err(NoPrice::TooFew));
    let pair = readings(&[(10_000, 1), (10_000, 30)]);
    assert!(aggregate(&pair, panel(2), Millis(0), NOW, Millis(0)).is_ok());
    let last_disruption = Millis(NOW.0 - 29_000);
    assert_eq!(aggregate(&pair, panel(2), last_disruption, NOW, Millis(0)), Err(NoPrice::TooFew));
    let never = [FeedReading::default(), readings(&[(10_000, 1)])[0]];
    assert_eq!(aggregate(&never, panel(2), Millis(0), Millis(1), Millis(0)), Err(NoPrice::TooFew));
}

#[test]
fn a_price_is_newer_than_the_one_before_or_there_is_none() {
    let one = readings(&[(10_000, 5)]);
    let after = |previous| aggregate(&one, panel(1), Millis(0), NOW, Millis(previous));
    assert!(after(NOW.0 - 5_001).is_ok());
    assert_eq!(after(NOW.0 - 5_000), Err(NoPrice::NotNewer));
}

#[test]
fn a_quorum_is_more_than_half_and_no_provider_has_one_by_itself() {
    let fitting = |providers: &[u8]| -> Vec<u8> {
        (0..=6).filter(|&quorum| quorum_fits(providers, quorum)).collect()
    };
    assert_eq!(fitting(&[]), []);
    assert_eq!(fitting(&[1]), [1]);
    assert_eq!(fitting(&[1, 2]), [2]);
    assert_eq!(fitting(&[1, 1]), []);
    assert_eq!(fitting(&[1, 2, 3]), [2, 3]);
    assert_eq!(fitting(&[1, 1, 2]), [3]);
    assert_eq!(fitting(&[1, 1, 2, 3]), [3, 4]);
    assert_eq!(fitting(&[1, 1, 2, 2, 3]), [3, 4, 5]);
    assert_eq!(fitting(&[1, 2, 3, 4, 5, 6]), []);
}

proptest! {
    /// What makes a quorum of more than half worth its name: the price lies among any quorum of
    /// honest readings, and no earlier than all of them.
    #[test]
    fn a_minority_of_liars_cannot_move_the_price_out_of_the_honest_range_nor_make_it_look_newer(
        honest in proptest::collection::vec((9_990..10_010_u64, 0..30_u64), 3),
        lies in proptest::collection::vec((1..u32::MAX, 0..30_u64), 0..3),
        order in Just((0..MAX_FEEDS).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let all: Vec<_> =
            honest.iter().copied().chain(lies.iter().map(|&(price, age)| (price.into(), age))).collect();
        let shuffled: Vec<_> =
            order.iter().filter_map(|&index| all.get(index).copied()).collect();
        let found = priced(3, &shuffled).unwrap();
        let prices = honest.iter().map(|(price, _)| *price);
        let (least, most) = (prices.clone().min().unwrap(), prices.max().unwrap());
        prop_assert!(found.point.low.0 >= least && found.point.high.0 <= most);
        let newest = honest.iter().map(|(_, age)| NOW.0 - age * 1_000).max().unwrap();
        prop_assert!(found.point.published.0 <= newest);
        prop_assert_eq!(found.taking_part & found.outliers, 0);
        prop_assert!(found.taking_part.count_ones() >= 3);
    }

    #[test]
    fn the_order_of_the_feeds_does_not_matter(
        all in proptest::collection::vec((9_000..11_000_u64, 0..40_u64), 1..=5),
        quorum in 1..=5_u8,
    ) {
        let backwards: Vec<_> = all.iter().rev().copied().collect();
        let point = |found: Result<Aggregate, NoPrice>| found.map(|found| found.point);
        prop_assert_eq!(point(priced(quorum, &all)), point(priced(quorum, &backwards)));
    }
}
