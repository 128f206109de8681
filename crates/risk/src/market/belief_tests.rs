extern crate std;
use std::vec::Vec;

use super::{
    DECIDES_FOR, Lapsed, Moment, PriceUse, SETTLEMENT_PRICES, SUDDEN_PART, StoredPrice, Unusable,
    closing_price, decided_price, doubted_price, is_newest_or_better, is_sudden, measured_price,
    range_since, settlement_price,
};
use crate::market::price::PricePoint;
use crate::market::reference::{Band, BandTerms, Observed, Reference};
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
                StoredPrice { sudden, ..stored }
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
    assert_eq!(of(stored(70_000, 1, 5_000, true)), [Ok(()); 4], "as old and as late as may be");
    let from = Moment { last_disruption: Millis(90_000), ..AT };
    assert_eq!(from.check(&stored(90_000, 1, 0, true), Decide), Ok(()));
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
        let found = stored(90_000, price, 0, believed);
        let measured = measured_price(&found, &found, Price(1), &AT, band);
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
    let range = |earliest| range_since(recent.into_iter(), Millis(earliest), &AT).unwrap();
    let prices = |earliest| range(earliest).map(|range| (range.low.0, range.high.0));
    assert_eq!(prices(99_001), None);
    assert_eq!(prices(99_000), Some((95, 95)));
    assert_eq!(prices(98_000), Some((95, 105)), "what was stored late is no better for anybody");
    assert_eq!(prices(96_000), Some((90, 105)), "and what is not believed is not there");
    assert_eq!(range_since(recent[1..3].iter().copied(), Millis(96_500), &AT), Ok(None));
}

proptest! {
    /// Whoever waits with a request that is valued at the worse end of the range gains nothing.
    #[test]
    fn a_range_only_widens(recent in history(), earliest in 40_000..110_000_u64, later in 0..32_usize) {
        let since = |recent: &[StoredPrice]| {
            range_since(recent.iter().copied(), Millis(earliest), &AT)
        };
        if let Ok(Some(then)) = since(&recent[later.min(recent.len())..]) {
            let now = since(&recent).expect("remembered").expect("what decided has not gone");
            prop_assert!(now.low <= then.low && now.high >= then.high);
        }
    }
}

#[test]
fn a_price_is_sudden_beyond_its_part_of_the_band_and_where_nothing_current_bears_it_out() {
    let width = Bps(SUDDEN_PART * 50);
    let near = stored(95_000, 100_000, 0, false);
    let after = |price, before: &StoredPrice| {
        is_sudden(PricePoint::exact(Price(price), AT.now), before, &AT, width)
    };
    let expected = [(99_499, true), (99_500, false), (100_500, false), (100_501, true)];
    assert_eq!(expected.map(|(price, _)| after(price, &near)), expected.map(|(_, sudden)| sudden));
    let at = |published| stored(published, 100_000, 0, true);
    assert!(!after(100_000, &at(70_000)) && after(100_000, &at(69_999)), "past the age limit");
    assert!(after(100_000, &StoredPrice::default()), "the first of all");
    let halted = Moment { last_disruption: Millis(95_001), ..AT };
    let point = PricePoint::exact(Price(100_000), AT.now);
    assert!(is_sudden(point, &near, &halted, width), "from before the disruption");
}

#[test]
fn what_others_would_bear_is_settled_at_the_newest_price_or_better() {
    let leap = StoredPrice { sudden: true, ..stored(98_000, 81, 0, true) };
    let (before, after) = (stored(97_000, 94, 0, true), stored(99_000, 93, 0, true));
    let sells = |recent: &[StoredPrice], price| {
        let point = PricePoint::exact(Price(price), Millis(98_000));
        is_newest_or_better(recent.iter().copied(), &AT, point, Side::Short)
    };
    assert!(!sells(&[leap, before], 81), "a print that may be false");
    assert!(!sells(&[after, leap, before], 81), "one that was");
    assert!(sells(&[after, leap, before], 93) && sells(&[after, leap, before], 94));
    assert!(!sells(&[], 81));
}

#[test]
fn a_closing_price_has_the_time_of_the_newest_which_may_be_the_first_that_decides() {
    let leap = StoredPrice { sudden: true, ..stored(99_000, 90, 0, true) };
    let closes = |before, earliest| {
        closing_price([leap, before].into_iter(), Millis(earliest), &AT, Side::Long)
    };
    let better = Some(PricePoint::exact(Price(100), Millis(99_000)));
    let before = stored(98_000, 100, 0, true);
    assert_eq!((closes(before, 99_000), closes(before, 99_001)), (better, None));
    let silent = stored(60_000, 100, 0, true);
    assert_eq!((closes(silent, 60_000), closes(silent, 60_001)), (better, None));
    assert_eq!(closes(stored(98_000, 100, 0, false), 98_000), None, "one that is not believed");
}

#[test]
fn a_range_that_may_have_been_wider_has_lapsed() {
    // Prices every fifth of a second: all that is remembered came after the request.
    let recent = |count: u64| (0..count).map(|age| stored(99_000 - age * 200, 100, 0, true));
    let at = |count| range_since(recent(count), Millis(90_000), &AT);
    assert!(matches!(at(31), Ok(Some(_))));
    assert_eq!(at(32), Err(Lapsed));
}

#[test]
fn a_print_is_not_measured() {
    let band = Band { low: Price(85), high: Price(115) };
    let measured = |newest: &StoredPrice, before: &StoredPrice| {
        measured_price(newest, before, Price(100), &AT, band).0
    };
    let sudden =
        |price, believed| StoredPrice { sudden: true, ..stored(98_000, price, 0, believed) };
    let calm = stored(97_000, 101, 0, true);
    assert_eq!(measured(&sudden(114, true), &calm), 101, "the print itself");
    assert_eq!(measured(&sudden(500, false), &calm), 101, "and outside the band");
    assert_eq!(measured(&sudden(101, true), &sudden(114, true)), 101, "the price after it");
    assert_eq!(measured(&sudden(90, true), &sudden(95, true)), 95, "a true move, a price later");
    assert_eq!(measured(&sudden(114, true), &StoredPrice::default()), 114, "the first of all");
    let opposite = stored(97_000, 86, 0, true);
    assert_eq!(measured(&sudden(114, true), &opposite), 114, "of two as far the newer");
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
    let range =
        |newest: usize| range_since(recent.into_iter().skip(newest), Millis(90_000), &AT).unwrap();
    assert_eq!(range(1), None);
    assert_eq!(range(0).map(|range| (range.low.0, range.high.0)), Some((85, 100)));
    let since = |earliest| range_since(recent.into_iter(), Millis(earliest), &AT).unwrap();
    assert_eq!(
        since(98_000).map(|range| range.low.0),
        Some(100),
        "what is not sudden needs no other"
    );
}

/// What a market stored of true prices, one of them replaced by a print of any size, newest first.
#[derive(Clone, Debug)]
struct Course {
    stored: Vec<StoredPrice>,
    truth: Vec<u64>,
    /// The reference when each was the newest.
    references: Vec<Reference>,
    /// The print's place.
    print: usize,
}

/// How the true price moves until the next one is stored, and how long that takes, milliseconds: calmly,
/// in leaps, beyond the band, and after a silence.
fn step() -> impl Strategy<Value = (i64, u64)> {
    let moved =
        prop_oneof![6 => -200..=200_i64, 2 => -2_000..=2_000_i64, 1 => -30_000..=30_000_i64];
    (moved, prop_oneof![8 => Just(1_000_u64), 1 => Just(12_000), 1 => Just(40_000)])
}

const WIDTH: Bps = Bps(1_500);

fn with_one_print() -> impl Strategy<Value = Course> {
    let steps = proptest::collection::vec(step(), 4..24);
    (steps, any::<proptest::sample::Index>(), 50_000..200_000_u64).prop_map(|(steps, at, print)| {
        let false_one = at.index(steps.len() - 1) + 1;
        let (mut price, mut now) = (100_000_u64, 60_000_u64);
        let mut reference = Reference { price: Price(price), ..Reference::default() };
        let mut course =
            Course { stored: Vec::new(), truth: Vec::new(), references: Vec::new(), print: 0 };
        for (index, (moved, later)) in steps.into_iter().enumerate() {
            price = price.saturating_add_signed(moved).clamp(40_000, 250_000);
            now += later;
            let seen = if index == false_one { print } else { price };
            let before = course.stored.last().copied().unwrap_or_default();
            let mut next = stored(now, seen, 0, true);
            let look = Observed {
                point: next.point,
                previous: before.point.published,
                now: Millis(now),
                last_disruption: AT.last_disruption,
                age: AT.age,
            };
            reference =
                reference.follow(look, BandTerms { width: WIDTH, speed: Bps(100) }).unwrap();
            let at = Moment { now: Millis(now), ..AT };
            next.believed = reference.believes(next.point, WIDTH, true, Millis(now));
            next.sudden = is_sudden(next.point, &before, &at, WIDTH);
            course.stored.push(next);
            course.truth.push(price);
            course.references.push(reference);
        }
        course.print = course.stored.len() - 1 - false_one;
        course.stored.reverse();
        course.truth.reverse();
        course.references.reverse();
        course
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Whatever an order or a request does at a moment of one's choice, and however true prices moved,
    /// paused and left the band: one false print gives its owner no more than a true price since it
    /// was asked, or the one before that, could have.
    #[test]
    fn one_false_print_decides_nothing(
        course in with_one_print(), later in 0..4_usize, before in 0..3_000_u64,
    ) {
        let newest = course.print.saturating_sub(later);
        let earliest = course.stored[course.print].point.published.0 - before;
        let recent = &course.stored[newest..];
        let now = recent[0].point.published;
        let at = Moment { now, ..AT };
        let all = || recent.iter().copied();
        // True prices since the request, and the one before them, which can bear a print out.
        let since = recent.iter().take_while(|it| it.point.published.0 >= earliest).count();
        let truth = course.truth[newest..].iter().take(since + 1);
        let near = 250_000 * u64::from(WIDTH.0 / SUDDEN_PART) / 10_000 + 1;
        let (low, high) = (truth.clone().min().unwrap() - near, truth.max().unwrap() + near);
        let decided = |side| decided_price(all(), Millis(earliest), &at, side).ok().flatten();
        let doubted = |side| doubted_price(all(), Millis(earliest), &at, side).ok().flatten();
        for bought in [decided(Side::Long), doubted(Side::Long)].into_iter().flatten() {
            prop_assert!(bought.high.0 >= low, "bought at {bought:?}, below {low}");
        }
        for sold in [decided(Side::Short), doubted(Side::Short)].into_iter().flatten() {
            prop_assert!(sold.low.0 <= high, "sold at {sold:?}, above {high}");
        }
        if let Ok(Some(range)) = range_since(all(), Millis(earliest), &at) {
            prop_assert!(range.low.0 <= high && range.high.0 >= low);
        }
    }

    /// Nor does it value a position better for its owner than the true price did or does, or than the
    /// band's edge where there is no true one that is current; and while it is believed it values none
    /// worse, when something may be taken, than the last believed.
    #[test]
    fn one_false_print_values_nothing(course in with_one_print(), later in 0..2_usize) {
        let newest = course.print.saturating_sub(later);
        let recent = &course.stored[newest..];
        let at = Moment { now: recent[0].point.published, ..AT };
        let reference = &course.references[newest];
        let all = || recent.iter().copied();
        let worth =
            Valuation::new(&recent[0], || all().skip(1), reference, &at, WIDTH, Bps(500), || Ppm(1));
        let truth = &course.truth[newest..];
        let near = 250_000 * u64::from(WIDTH.0 / SUDDEN_PART) / 10_000 + 1;
        let (low, high) = (truth[0].min(truth[1]) - near, truth[0].max(truth[1]) + near);
        let current = at.is_current(&recent[1]);
        let (most, least) = if current { (high, low) } else { (worth.band.low.0, worth.band.high.0) };
        prop_assert!(worth.trader_adverse(Side::Long).0 <= most.max(high));
        prop_assert!(worth.trader_adverse(Side::Short).0 >= least.min(low));
        if recent[0].believed && let Some(last) = recent[1..].iter().find(|it| it.believed) {
            prop_assert!(worth.trader_favourable(Side::Long) >= last.point.low.min(Price(low)));
            prop_assert!(worth.trader_favourable(Side::Short) <= last.point.high.max(Price(high)));
        }
    }

    /// Whoever is closed at a sudden price gets the better of it and the one before, and never one from
    /// before what decides.
    #[test]
    fn a_closing_price_is_the_newest_that_decides_or_better(
        recent in history(), earliest in 40_000..120_000_u64,
    ) {
        for side in [Side::Long, Side::Short] {
            let found = closing_price(recent.iter().copied(), Millis(earliest), &AT, side);
            let newest = recent.iter().find(|stored| AT.allows(stored, PriceUse::Decide));
            let newest = newest.filter(|stored| stored.point.published >= Millis(earliest));
            let before = newest.and_then(|newest| recent.iter().skip_while(|it| *it != newest).nth(1));
            // One from before a silence says nothing of today, unless it could have closed already.
            let counts = before.is_some_and(|it| {
                it.believed && (AT.is_current(it) || it.point.published.0 >= earliest)
            });
            let closes = newest.is_some_and(|newest| !newest.sudden || counts);
            prop_assert_eq!(found.is_some(), closes);
            let (Some(found), Some(newest)) = (found, newest) else { continue };
            match side {
                _ if !newest.sudden => prop_assert_eq!(found, newest.point),
                Side::Long => prop_assert!(found.high >= newest.point.high),
                Side::Short => prop_assert!(found.low <= newest.point.low),
            }
        }
    }
}
