use super::{PricePoint, is_ready};
use crate::units::{Millis, Price, Side};
use proptest::prelude::*;

#[test]
fn three_prices_since_a_break_make_a_market_ready() {
    let ready = |published: &[u64], last_disruption| {
        let exact = |at: &u64| PricePoint::exact(Price(1), Millis(*at));
        is_ready(published.iter().map(exact), Millis(last_disruption))
    };
    assert!(ready(&[], 0), "nothing broke");
    assert!(ready(&[7, 6, 5, 4], 5) && !ready(&[7, 6, 4], 5) && !ready(&[], 5));
}

proptest! {
    #[test]
    fn each_side_gets_the_price_that_is_worse_for_it_and_is_worth_what_it_could_be_sold_for(
        one in any::<u64>(), other in any::<u64>(),
    ) {
        let (low, high) = (Price(one.min(other)), Price(one.max(other)));
        let point = PricePoint { published: Millis(1), low, high };
        prop_assert_eq!((point.traded(Side::Long), point.traded(Side::Short)), (high, low));
        prop_assert_eq!((point.trader_adverse(Side::Long), point.trader_adverse(Side::Short)), (low, high));
        prop_assert_eq!((point.trader_favourable(Side::Long), point.trader_favourable(Side::Short)), (high, low));
        prop_assert!(low <= point.middle() && point.middle() <= high);
        prop_assert_eq!(PricePoint::exact(low, Millis(1)).middle(), low);
    }
}
