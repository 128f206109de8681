use super::Valuation;
use crate::chain::latency::covered_move;
use crate::market::belief::{Moment, StoredPrice};
use crate::market::price::PricePoint;
use crate::market::reference::{Band, Reference};
use crate::units::{Bps, Millis, Ppm, Price, Side};
use proptest::prelude::*;

const MAINTENANCE: Bps = Bps(500);

fn any_mark() -> impl Strategy<Value = Valuation> {
    let band = (1..200_u64, 0..40_u64);
    (1..200_u64, 0..20_u64, any::<[bool; 3]>(), band, 0..20_u64).prop_map(
        |(low, wide, [fresh, believed, borne_out], (edge, width), moved)| {
            let point =
                PricePoint { published: Millis(1), low: Price(low), high: Price(low + wide) };
            let band = Band { low: Price(edge), high: Price(edge + width) };
            // Around a believed price, and else around the reference, within the band.
            let middle = edge + width / 2;
            let relief = if believed {
                (low.saturating_sub(moved), low + wide + moved)
            } else {
                (middle.saturating_sub(moved).max(edge), (middle + moved).min(edge + width))
            };
            let relief = Band { low: Price(relief.0), high: Price(relief.1) };
            Valuation { against: point, in_favour: point, fresh, believed, borne_out, band, relief }
        },
    )
}

/// How much better `one` is than `other` for a position on `side`.
fn better(side: Side, one: Price, other: Price) -> bool {
    match side {
        Side::Long => one >= other,
        Side::Short => one <= other,
    }
}

/// A sudden price counts against its owner as far as the one before it, and where that one is not
/// believed or not current, as far as the band's edge.
#[test]
fn a_sudden_price_that_nothing_bears_out_is_not_certain() {
    let stored = |published, price, believed| StoredPrice {
        point: PricePoint::exact(Price(price), Millis(published)),
        lag: Millis(0),
        believed,
        sudden: true,
    };
    let at = Moment {
        now: Millis(100_000),
        last_disruption: Millis(0),
        age: Millis(30_000),
        decide_within: Millis(5_000),
    };
    let reference = Reference { price: Price(100), ..Reference::default() };
    let worth = |before: &[StoredPrice]| {
        let (newest, before) = (stored(99_000, 105, true), before.iter().copied());
        let (width, maintenance) = (Bps(1_500), Bps(500));
        let worth =
            Valuation::new(&newest, || before, &reference, &at, width, maintenance, || Ppm(1));
        (
            worth.is_certain(),
            worth.trader_adverse(Side::Long).0,
            worth.trader_favourable(Side::Short).0,
        )
    };
    let (believed, old) = (stored(98_000, 99, true), stored(60_000, 99, true));
    assert_eq!(worth(&[believed]), (true, 99, 99));
    assert_eq!(worth(&[old]), (false, 85, 99), "the one before is too old to count");
    assert_eq!(worth(&[stored(98_000, 60, false), old]), (false, 60, 99), "and was not believed");
    assert_eq!(worth(&[]), (false, 85, 105), "the first of all");
}

#[test]
fn a_price_is_fresh_up_to_its_age_and_from_the_last_disruption_on() {
    let reference = Reference { price: Price(1_000_000), ..Reference::default() };
    let point = PricePoint::exact(Price(1_000_000), Millis(50_000));
    let newest = StoredPrice { point, lag: Millis(0), believed: true, sudden: false };
    let seen = |now, last_disruption| {
        let at = Moment {
            now: Millis(now),
            last_disruption: Millis(last_disruption),
            age: Millis(30_000),
            decide_within: Millis(5_000),
        };
        let value =
            Valuation::new(&newest, core::iter::empty, &reference, &at, Bps(1), Bps(500), || {
                Ppm(5_000)
            });
        (value.fresh, value.is_certain(), value.band == reference.band(Bps(1)))
    };
    assert_eq!(seen(80_000, 50_000), (true, true, true));
    assert_eq!(seen(80_001, 50_000), (false, false, false), "too old");
    assert_eq!(seen(60_000, 50_001), (false, false, false), "from before the disruption");
}

#[test]
fn a_print_that_is_not_believed_does_not_move_the_band_when_it_is_old() {
    let reference = Reference { price: Price(1_000_000), ..Reference::default() };
    let at = Moment {
        now: Millis(80_001),
        last_disruption: Millis(0),
        age: Millis(30_000),
        decide_within: Millis(5_000),
    };
    let band = |believed| {
        let point = PricePoint::exact(Price(100_000), Millis(50_000));
        let newest = StoredPrice { point, lag: Millis(0), believed, sudden: false };
        Valuation::new(&newest, core::iter::empty, &reference, &at, Bps(1), Bps(500), || Ppm(5_000))
            .band
    };
    let moved = covered_move(Ppm(5_000), Millis(30_001)).unwrap();
    assert_eq!(band(false), reference.band(moved));
    assert!(band(true).low < Price(100_000));
}

proptest! {
    #[test]
    fn nothing_is_taken_at_a_worse_price_than_it_counts_for_when_asked(mark in any_mark()) {
        for side in [Side::Long, Side::Short] {
            prop_assert!(better(side, mark.trader_favourable(side), mark.trader_adverse(side)));
        }
    }

    #[test]
    fn without_a_fresh_price_a_position_counts_for_no_more_than_the_relief(mark in any_mark()) {
        let stale = Valuation { fresh: false, ..mark };
        let (Band { low, high }, relief) = (mark.band, mark.relief);
        let sides = [(Side::Long, relief.high, high, low), (Side::Short, relief.low, low, high)];
        for (side, edge, good, bad) in sides {
            prop_assert_eq!(stale.trader_favourable(side), edge);
            let best = stale.trader_best_case(side);
            prop_assert!(better(side, best, edge) && better(side, best, good));
            prop_assert!(better(side, bad, stale.trader_adverse(side)));
            prop_assert!(better(side, mark.trader_adverse(side), stale.trader_adverse(side)));
        }
    }

    #[test]
    fn a_liquidation_judges_by_the_better_of_its_price_and_of_what_counts_now(
        mark in any_mark(), low in 1..200_u64, wide in 0..20_u64,
    ) {
        let point = PricePoint { published: Millis(0), low: Price(low), high: Price(low + wide) };
        for side in [Side::Long, Side::Short] {
            let (judging, now) = (mark.liquidation_price(point, side), mark.trader_favourable(side));
            prop_assert!(better(side, judging, point.trader_favourable(side)) && better(side, judging, now));
            prop_assert!(judging == point.trader_favourable(side) || judging == now);
        }
    }

    #[test]
    fn an_outlier_liquidates_nobody_and_lets_nobody_take_more(mark in any_mark()) {
        let outlier = Valuation { fresh: true, believed: false, ..mark };
        let certain = Valuation { fresh: true, believed: true, borne_out: true, ..mark };
        let doubtful = Valuation { borne_out: false, ..certain };
        let Band { low, high } = mark.band;
        let better_of = |side| mark.in_favour.trader_favourable(side);
        prop_assert_eq!(outlier.trader_favourable(Side::Long), better_of(Side::Long).max(low));
        prop_assert_eq!(outlier.trader_favourable(Side::Short), better_of(Side::Short).min(high));
        prop_assert!(outlier.trader_best_case(Side::Long) >= high);
        prop_assert!(outlier.trader_best_case(Side::Short) <= low);
        prop_assert!(outlier.trader_adverse(Side::Long) <= low);
        prop_assert!(outlier.trader_adverse(Side::Short) >= high);
        for side in [Side::Long, Side::Short] {
            prop_assert_eq!(certain.trader_favourable(side), mark.in_favour.trader_favourable(side));
            prop_assert_eq!(certain.trader_best_case(side), certain.trader_favourable(side));
            prop_assert_eq!(certain.trader_adverse(side), mark.against.trader_adverse(side));
            prop_assert_eq!(doubtful.trader_adverse(side), outlier.trader_adverse(side));
            prop_assert_eq!(doubtful.trader_favourable(side), certain.trader_favourable(side));
        }
    }

    #[test]
    fn what_a_stale_price_counts_for_is_less_certain_the_older_it_is(
        price in 1_000..1_000_000_u64, age in 0..100_000_000_u64, later in 0..100_000_000_u64,
        per_minute in 1..5_000_u32, lags_bps in 5_000..15_000_u64,
    ) {
        let reference = Reference { price: Price(price * lags_bps / 10_000), ..Reference::default() };
        let newest = StoredPrice {
            point: PricePoint::exact(Price(price), Millis(1)), lag: Millis(0), believed: true,
            sudden: false,
        };
        let at = |now: u64| {
            let at = Moment {
                now: Millis(30_002 + now),
                last_disruption: Millis(0),
                age: Millis(30_000),
                decide_within: Millis(5_000),
            };
            Valuation::new(&newest, core::iter::empty, &reference, &at, Bps(1_000), MAINTENANCE, || Ppm(per_minute))
        };
        let (sooner, later) = (at(age), at(age + later));
        prop_assert!(!sooner.fresh);
        for side in [Side::Long, Side::Short] {
            prop_assert!(better(side, sooner.trader_adverse(side), later.trader_adverse(side)));
            prop_assert!(better(side, later.trader_favourable(side), sooner.trader_favourable(side)));
            prop_assert!(better(side, later.trader_best_case(side), sooner.trader_best_case(side)));
        }
        // However long it lasts, it counts for no more in favour of its owner than the maintenance
        // margin it asks for: it carries no other position.
        let most = price * u64::from(MAINTENANCE.0) / 10_000;
        prop_assert!(later.trader_favourable(Side::Long).0 <= price + most);
        prop_assert!(later.trader_favourable(Side::Short).0 >= price - most);
        // No price within three standard deviations of the time that passed is worse for the venue.
        let moved = covered_move(Ppm(per_minute), Millis(30_001 + age)).unwrap_or(Bps(u16::MAX));
        let far = price * u64::from(moved.0) / 10_000;
        prop_assert!(sooner.trader_adverse(Side::Long).0 <= price.saturating_sub(far).max(1));
        prop_assert!(sooner.trader_adverse(Side::Short).0 >= price + far);
    }
}
