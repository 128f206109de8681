extern crate std;
use std::vec::Vec;

use super::{
    DECIDES_FOR, Lapsed, Moment, PriceUse, SETTLEMENT_PRICES, SUDDEN_PART, StoredPrice, Unusable,
    believed_before, closing_price, decided_price, doubted_price, is_sudden, measured_price,
    range_since, settlement_price,
};
use crate::market::price::PricePoint;
use crate::market::reference::{Band, Reference};
use crate::market::valuation::Valuation;
use crate::units::{Bps, Millis, Ppm, Price, Side};
use proptest::prelude::*;

const AT: Moment = Moment {
    now: Millis(100_000),
    last_disruption: Millis(50_000),
    age: Millis(30_000),
    decide_within: Millis(5_000),
};

fn stored(published: u64, price: u64, lag: u64, believed: bool) -> StoredPrice {
    let point = PricePoint::exact(Price(price), Millis(published));
    StoredPrice { point, lag: Millis(lag), believed, sudden: false }
}

/// Prices a market may have stored, newest first.
fn history() -> impl Strategy<Value = Vec<StoredPrice>> {
    let standing = (proptest::bool::weighted(0.8), proptest::bool::weighted(0.3));
    let entry = (1..4_000_u64, 50..150_u64, 0..9_000_u64, standing);
    proptest::collection::vec(entry, 0..32).prop_map(|entries| {
        let mut published = 40_000;
        let mut stored_all: Vec<_> = entries
            .into_iter()
            .map(|(later, price, lag, (believed, sudden))| {
                published += later;
                let stored = stored(published, price, lag, believed);
                StoredPrice { sudden: believed && sudden, ..stored }
            })
            .collect();
        stored_all.reverse();
        stored_all
    })
}

#[test]
fn every_reason_and_every_use() {
    use PriceUse::{Decide, Measure, Settle, Value};
    let of = |price: StoredPrice| {
        [Decide, Value, Measure, Settle].map(|wanted| AT.check(&price, wanted))
    };
    let all = |reason| [Err(reason); 4];
    assert_eq!(of(stored(90_000, 1, 0, true)), [Ok(()); 4]);
    assert_eq!(of(stored(90_000, 0, 0, true)), all(Unusable::Missing));
    assert_eq!(of(stored(90_000, 1, 0, false)), all(Unusable::Unbelieved));
    let late = of(stored(90_000, 1, 5_001, true));
    assert_eq!(late, [Err(Unusable::StoredLate), Ok(()), Ok(()), Ok(())]);
    let stale = Err(Unusable::Stale);
    assert_eq!(of(stored(69_999, 1, 0, true)), [stale, stale, Ok(()), Ok(())]);
    let halted = Moment { last_disruption: Millis(90_001), ..AT };
    let before = Err(Unusable::BeforeDisruption);
    let seen = [Decide, Value, Measure, Settle]
        .map(|wanted| halted.check(&stored(90_000, 1, 0, true), wanted));
    assert_eq!(seen, [before, before, Ok(()), Ok(())]);
}

#[test]
fn a_request_gets_the_first_price_that_decides_and_no_better_one_for_waiting() {
    let recent = [
        stored(99_000, 95, 0, true),
        stored(98_000, 105, 0, true),
        stored(97_000, 100, 0, true),
        stored(96_000, 90, 9_000, true),
        stored(95_000, 200, 0, false),
    ];
    let got = |earliest, side| {
        let found = decided_price(recent.into_iter(), Millis(earliest), &AT, side);
        found.map(|point| point.map(|point| point.low.0))
    };
    assert_eq!(got(97_000, Side::Long), Ok(Some(105)), "the highest since it decided");
    assert_eq!(got(97_000, Side::Short), Ok(Some(95)));
    // What was stored late decides nothing, and what is not believed is not there.
    assert_eq!(got(95_000, Side::Short), Ok(Some(95)));
    assert_eq!(got(99_000, Side::Long), Ok(Some(95)));
    assert_eq!(got(99_001, Side::Long), Ok(None));
}

#[test]
fn what_is_not_acted_on_in_time_lapses() {
    let recent = [stored(95_000, 100, 1_000, true)];
    let at = |now: u64| {
        let at = Moment { now: Millis(now), ..AT };
        decided_price(recent.into_iter(), Millis(90_000), &at, Side::Long)
    };
    let last = 96_000 + DECIDES_FOR.0;
    assert!(matches!(at(last), Ok(Some(_))));
    assert_eq!(at(last + 1), Err(Lapsed));
}

#[test]
fn what_the_market_no_longer_remembers_has_lapsed() {
    // Prices every fifth of a second: all that is remembered came after the request.
    let recent = |count: u64| (0..count).map(|age| stored(99_000 - age * 200, 100, 0, true));
    let at = |count| decided_price(recent(count), Millis(90_000), &AT, Side::Long);
    assert!(matches!(at(31), Ok(Some(_))));
    assert_eq!(at(32), Err(Lapsed));
}

/// Minutes of prices that nobody believes are a delay: what waited through them gets the first that
/// is believed.
#[test]
fn a_request_outlasts_more_prices_than_a_market_remembers() {
    let recent = |newest: bool| {
        (0..32).map(move |age| stored(99_000 - age * 1_500, 100 + age, 0, newest && age == 0))
    };
    let at = |newest| decided_price(recent(newest), Millis(50_000), &AT, Side::Long);
    assert_eq!(at(false), Ok(None));
    assert!(matches!(at(true), Ok(Some(point)) if point.high == Price(100)));
}

#[test]
fn a_settlement_lies_within_the_last_believed_prices() {
    let recent: Vec<_> = (0..20).map(|age| stored(90_000 - age, 100 + age, 0, age != 3)).collect();
    let settled = |recent: &[StoredPrice]| settlement_price(recent.iter().copied(), Price(7), &AT);
    assert_eq!(settled(&recent), Ok(Price(105)), "of nine, without the one that is not believed");
    assert_eq!(settled(&[stored(1, 5, 0, true)]), Ok(Price(5)));
    assert_eq!(settled(&[stored(1, 5, 0, false)]), Ok(Price(7)), "the last that was believed");
}

proptest! {
    #[test]
    fn nobody_gains_by_acting_later(
        recent in history(), earliest in 40_000..120_000_u64, keep in 0..32_usize,
    ) {
        // The same history, seen when only its older part had been stored.
        let before: Vec<_> = recent.iter().skip(keep.min(recent.len())).copied().collect();
        for side in [Side::Long, Side::Short] {
            let got = |of: &[StoredPrice]| {
                let (of, earliest) = (of.iter().copied(), Millis(earliest));
                [
                    decided_price(of.clone(), earliest, &AT, side),
                    doubted_price(of, earliest, &AT, side),
                ]
            };
            for (earlier, later) in got(&before).into_iter().zip(got(&recent)) {
                if let (Ok(Some(earlier)), Ok(Some(later))) = (earlier, later) {
                    match side {
                        Side::Long => prop_assert!(later.high >= earlier.high),
                        Side::Short => prop_assert!(later.low <= earlier.low),
                    }
                }
            }
        }
    }

    #[test]
    fn a_price_from_before_the_request_or_a_disruption_never_decides(
        recent in history(), earliest in 40_000..120_000_u64,
    ) {
        for side in [Side::Long, Side::Short] {
            if let Ok(Some(point)) = decided_price(recent.iter().copied(), Millis(earliest), &AT, side) {
                prop_assert!(point.published >= Millis(earliest).max(AT.last_disruption));
                let stored = recent.iter().find(|stored| stored.point == point).unwrap();
                prop_assert!(stored.believed);
            }
        }
    }

    #[test]
    fn whatever_is_left_out_of_what_was_stored_buys_nothing(
        recent in history(), earliest in 40_000..120_000_u64, kept in any::<u32>(),
    ) {
        // Whoever stores only some of the true prices gets no better one than the best of what
        // decides: the worse of the first and of those since.
        let some: Vec<_> = recent.iter().enumerate()
            .filter(|(index, _)| kept >> (index % 32) & 1 == 1)
            .map(|(_, stored)| *stored)
            .collect();
        let Some(newest) = some.first().filter(|stored| stored.believed) else { return Ok(()) };
        if let Ok(Some(point)) = decided_price(some.iter().copied(), Millis(earliest), &AT, Side::Long) {
            prop_assert!(point.high >= newest.point.high, "not below the newest price known");
        }
    }

    #[test]
    fn a_settlement_is_one_of_the_last_believed_prices(recent in history()) {
        let believed: Vec<_> =
            recent.iter().filter(|stored| stored.believed).take(SETTLEMENT_PRICES).collect();
        let settled = settlement_price(recent.iter().copied(), Price(1), &AT).unwrap();
        let is_one = believed.iter().any(|stored| stored.point.middle() == settled);
        let right = if believed.is_empty() { settled == Price(1) } else { is_one };
        prop_assert!(right);
    }

    #[test]
    fn an_outlier_measures_no_more_than_the_edge_would(
        price in 1..1_000_u64, low in 1..500_u64, width in 0..500_u64, believed: bool,
    ) {
        let band = Band { low: Price(low), high: Price(low + width) };
        let measured = measured_price(&stored(90_000, price, 0, believed), &AT, band);
        let inside = measured >= band.low && measured <= band.high;
        let right = if believed { measured == Price(price) } else { inside };
        prop_assert!(right);
    }
}

#[test]
fn a_range_begins_with_the_first_price_that_counts_and_needs_one_that_decides() {
    let recent = [
        stored(99_000, 95, 0, true),
        stored(98_000, 105, 9_000, true),
        stored(97_000, 200, 0, false),
        stored(96_000, 90, 0, true),
    ];
    let range = |earliest| range_since(recent.into_iter(), Millis(earliest), &AT);
    let prices = |earliest| range(earliest).map(|range| (range.low.0, range.high.0));
    assert_eq!(prices(99_001), None);
    assert_eq!(prices(99_000), Some((95, 95)));
    assert_eq!(prices(98_000), Some((95, 105)), "what was stored late is no better for anybody");
    assert_eq!(prices(96_000), Some((90, 105)), "and what is not believed is not there");
    assert_eq!(range_since(recent[1..3].iter().copied(), Millis(96_500), &AT), None);
}

proptest! {
    /// Whoever waits with a request that is valued at the worse end of the range gains nothing.
    #[test]
    fn a_range_only_widens(recent in history(), earliest in 40_000..110_000_u64, later in 0..32_usize) {
        let since = |recent: &[StoredPrice]| {
            range_since(recent.iter().copied(), Millis(earliest), &AT)
        };
        if let Some(then) = since(&recent[later.min(recent.len())..]) {
            let now = since(&recent).expect("what decided has not gone");
            prop_assert!(now.low <= then.low && now.high >= then.high);
        }
    }
}

#[test]
fn a_price_is_sudden_beyond_its_part_of_the_band() {
    let width = Bps(SUDDEN_PART * 50);
    let sudden = |price| is_sudden(PricePoint::exact(Price(price), AT.now), Price(100_000), width);
    let expected = [(99_499, true), (99_500, false), (100_500, false), (100_501, true)];
    assert_eq!(expected.map(|(price, _)| sudden(price)), expected.map(|(_, sudden)| sudden));
}

#[test]
fn a_first_price_that_is_sudden_decides_with_the_next_and_then_for_as_long_as_any() {
    let leap = StoredPrice { sudden: true, ..stored(90_000, 85, 0, true) };
    let recent = [stored(98_000, 100, 1_000, true), leap, stored(89_000, 100, 0, true)];
    let got = |newest: usize, now, side| {
        let at = Moment { now: Millis(now), ..AT };
        let found = decided_price(recent.into_iter().skip(newest), Millis(90_000), &at, side);
        found.map(|point| point.map(|point| point.low.0))
    };
    assert_eq!(got(1, 90_000, Side::Long), Ok(None));
    assert_eq!(got(1, 109_000, Side::Long), Ok(None), "it waits, it does not lapse");
    assert_eq!(got(0, 98_000, Side::Long), Ok(Some(100)));
    assert_eq!(got(0, 98_000, Side::Short), Ok(Some(85)));
    assert_eq!(got(0, 109_000, Side::Long), Ok(Some(100)));
    assert_eq!(got(0, 109_001, Side::Long), Err(Lapsed));
    let range = |newest: usize| range_since(recent.into_iter().skip(newest), Millis(90_000), &AT);
    assert_eq!(range(1), None);
    assert_eq!(range(0).map(|range| (range.low.0, range.high.0)), Some((85, 100)));
    let since = |earliest| range_since(recent.into_iter(), Millis(earliest), &AT);
    assert_eq!(
        since(98_000).map(|range| range.low.0),
        Some(100),
        "what is not sudden needs no other"
    );
}

/// True prices that move by no more than what is sudden, one of them replaced by a print of any size
/// inside the band or outside: what a market makes of them, newest first, the print's place among
/// them, and the lowest and highest true price.
fn with_one_print() -> impl Strategy<Value = (Vec<StoredPrice>, usize, u64, u64)> {
    let steps = proptest::collection::vec(-200..=200_i64, 4..20);
    (steps, any::<proptest::sample::Index>(), 50_000..200_000_u64).prop_map(|(steps, at, print)| {
        let false_one = at.index(steps.len() - 1) + 1;
        let (mut price, mut before) = (100_000_u64, Price(100_000));
        let (mut low, mut high) = (price, price);
        let mut all = Vec::new();
        for (index, step) in steps.into_iter().enumerate() {
            price = price.saturating_add_signed(step);
            (low, high) = (low.min(price), high.max(price));
            let seen = if index == false_one { print } else { price };
            let mut next = stored(60_000 + 1_000 * index as u64, seen, 0, true);
            next.believed = Band::around(Price(100_000), WIDTH).holds(next.point);
            next.sudden = next.believed && is_sudden(next.point, before, WIDTH);
            before = if next.believed { next.point.middle() } else { before };
            all.push(next);
        }
        all.reverse();
        let place = all.len() - 1 - false_one;
        (all, place, low, high)
    })
}

const WIDTH: Bps = Bps(1_500);

proptest! {
    /// Whatever a position, an order or a request does at a moment of one's choice, one false print
    /// gives its owner no more than a price that is not sudden could have, and takes as little.
    #[test]
    fn one_false_print_decides_nothing(
        (recent, print, low, high) in with_one_print(), later in 0..4_usize, before in 0..3_000_u64,
    ) {
        // What is not sudden lies this far from a true price at the most: the print from the one
        // before it, and no true one from the print.
        let near = 2 * 101_000 * u64::from(WIDTH.0 / SUDDEN_PART) / 10_000;
        let (low, high) = (low - near, high + near);
        let earliest = recent[print].point.published.0 - before;
        let recent = &recent[print.saturating_sub(later)..];
        let now = recent[0].point.published;
        let at = Moment { now, ..AT };
        let all = || recent.iter().copied();
        let decided = |side| decided_price(all(), Millis(earliest), &at, side).ok().flatten();
        if let Some(bought) = decided(Side::Long) {
            prop_assert!(bought.high.0 >= low, "bought at {bought:?}, below {low}");
        }
        if let Some(sold) = decided(Side::Short) {
            prop_assert!(sold.low.0 <= high, "sold at {sold:?}, above {high}");
        }
        if let Some(range) = range_since(all(), Millis(earliest), &at) {
            prop_assert!(range.low.0 <= high && range.high.0 >= low);
        }
        let reference = Reference { price: Price(100_000), ..Reference::default() };
        let worth = Valuation::new(&recent[0], || believed_before(all()), &reference, &at, WIDTH, || Ppm(1));
        if recent.len() > 1 {
            prop_assert!(worth.trader_adverse(Side::Long).0 <= high);
            prop_assert!(worth.trader_adverse(Side::Short).0 >= low);
            prop_assert!(!worth.is_certain() || worth.trader_favourable(Side::Long).0 >= low);
            prop_assert!(!worth.is_certain() || worth.trader_favourable(Side::Short).0 <= high);
        }
        let closed = |side| closing_price(all(), Millis(earliest), &at, side);
        prop_assert!(closed(Side::Long).is_none_or(|point| point.high.0 >= low));
        prop_assert!(closed(Side::Short).is_none_or(|point| point.low.0 <= high));
    }

    /// Who is closed at a sudden price gets the better of it and the one before, and never one from
    /// before what decides.
    #[test]
    fn a_closing_price_is_the_newest_that_decides_or_better(
        recent in history(), earliest in 40_000..120_000_u64,
    ) {
        for side in [Side::Long, Side::Short] {
            let found = closing_price(recent.iter().copied(), Millis(earliest), &AT, side);
            let newest = recent.iter().find(|stored| AT.allows(stored, PriceUse::Decide));
            let newest = newest.filter(|stored| stored.point.published >= Millis(earliest));
            prop_assert_eq!(found.is_some(), newest.is_some());
            let (Some(found), Some(newest)) = (found, newest) else { continue };
            match side {
                _ if !newest.sudden => prop_assert_eq!(found, newest.point),
                Side::Long => prop_assert!(found.high >= newest.point.high),
                Side::Short => prop_assert!(found.low <= newest.point.low),
            }
        }
    }
}
