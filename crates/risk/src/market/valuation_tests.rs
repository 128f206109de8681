use super::Valuation;
use crate::market::price::PricePoint;
use crate::market::reference::Band;
use crate::units::{Millis, Price, Side};
use proptest::prelude::*;

fn any_mark() -> impl Strategy<Value = Valuation> {
    (1..200_u64, 0..20_u64, any::<bool>(), any::<bool>(), 1..200_u64, 0..40_u64).prop_map(
        |(low, wide, fresh, followed, edge, width)| Valuation {
            newest: PricePoint { published: Millis(1), low: Price(low), high: Price(low + wide) },
            fresh,
            followed,
            band: Band { low: Price(edge), high: Price(edge + width) },
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

proptest! {
    #[test]
    fn nothing_is_taken_at_a_worse_price_than_it_counts_for_when_asked(mark in any_mark()) {
        for side in [Side::Long, Side::Short] {
            prop_assert!(better(side, mark.trader_favourable(side), mark.trader_adverse(side)));
        }
    }

    #[test]
    fn a_stale_price_is_worth_no_less_than_the_favourable_edge_and_no_more_than_the_other(
        mark in any_mark(),
    ) {
        let stale = Valuation { fresh: false, ..mark };
        let Band { low, high } = mark.band;
        for (side, good, bad) in [(Side::Long, high, low), (Side::Short, low, high)] {
            prop_assert!(better(side, stale.trader_favourable(side), good));
            prop_assert!(better(side, bad, stale.trader_adverse(side)));
            prop_assert!(better(side, stale.trader_favourable(side), mark.trader_favourable(side)));
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
    fn an_outlier_liquidates_nobody_until_it_is_followed(mark in any_mark()) {
        let outlier = Valuation { fresh: true, followed: false, ..mark };
        let followed = Valuation { fresh: true, followed: true, ..mark };
        let Band { low, high } = mark.band;
        prop_assert!(outlier.trader_favourable(Side::Long) >= low);
        prop_assert!(outlier.trader_favourable(Side::Short) <= high);
        prop_assert_eq!(outlier.allows(mark.newest), mark.newest.low >= low && mark.newest.high <= high);
        prop_assert!(followed.allows(mark.newest));
        for side in [Side::Long, Side::Short] {
            prop_assert_eq!(followed.trader_favourable(side), mark.newest.trader_favourable(side));
            prop_assert_eq!(followed.trader_adverse(side), mark.newest.trader_adverse(side));
        }
    }
}
