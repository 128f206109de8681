extern crate std;
use std::vec::Vec;

use super::{Order, Trigger};
use crate::market::price::{PricePoint, first_since};
use crate::market::spread::trade_price;
use crate::units::{Millis, Ppm, Price, Side, SignedSize};
use proptest::prelude::*;

const BUY: Order = Order {
    delta: SignedSize(10),
    limit: Price(100),
    reduce_only: false,
    trigger: Trigger::Immediate,
    requested: Millis(1_000),
    expires: Millis(9_000),
};

fn point(published: u64, price: u64) -> PricePoint {
    PricePoint::exact(Price(price), Millis(published))
}

#[test]
fn a_limit_is_kept_to_the_unit_with_spread_on_either_side() {
    for (index, buys, sells) in [(99, true, false), (100, true, true), (101, false, true)] {
        let sell = Order { delta: SignedSize(-10), ..BUY };
        let executes = |order: &Order, spread| {
            let found = order.execution([point(2_000, index)].into_iter(), Millis(2_000), spread);
            found.unwrap().is_some()
        };
        assert_eq!(executes(&BUY, Ppm(0)), buys, "buy at {index}");
        assert_eq!(executes(&sell, Ppm(0)), sells, "sell at {index}");
        assert_eq!(executes(&BUY, Ppm(1)), index < 100, "one unit of spread at {index}");
    }
}

#[test]
fn triggers_at_their_level_and_beyond() {
    for (trigger, met) in [
        (Trigger::Immediate, [true, true, true]),
        (Trigger::AtOrAbove(Price(100)), [false, true, true]),
        (Trigger::AtOrBelow(Price(100)), [true, true, false]),
    ] {
        assert_eq!([99, 100, 101].map(|index| trigger.is_met(Price(index))), met);
    }
}

#[test]
fn reductions_are_cut_at_the_position_and_so_is_anything_while_opening_is_refused() {
    let sell = Order { delta: SignedSize(-10), ..BUY };
    let reduce = Order { reduce_only: true, ..sell };
    let flip = SignedSize(4);
    assert_eq!(sell.executable(flip, true), Ok(SignedSize(-10)));
    assert_eq!(sell.executable(flip, false), Ok(SignedSize(-4)));
    assert_eq!(reduce.executable(flip, true), Ok(SignedSize(-4)));
    for held in [0, -4] {
        assert_eq!(reduce.executable(SignedSize(held), true), Ok(SignedSize(0)));
    }
    assert!(sell.opens(flip) && sell.opens(SignedSize(0)) && !sell.opens(SignedSize(10)));
    assert!(!reduce.opens(flip) && BUY.opens(flip));
}

#[test]
fn orders_that_can_never_execute() {
    let now = Millis(1_000);
    assert!(BUY.can_execute(now));
    for order in [
        Order { delta: SignedSize(0), ..BUY },
        Order { limit: Price(0), ..BUY },
        Order { trigger: Trigger::AtOrAbove(Price(0)), ..BUY },
        Order { expires: now, ..BUY },
    ] {
        assert!(!order.can_execute(now));
    }
    assert!(!BUY.is_expired(BUY.expires));
    assert!(BUY.is_expired(Millis(BUY.expires.0 + 1)));
}

#[test]
fn what_opens_and_what_is_cut_follows_from_the_exposure_it_results_in() {
    for held in -3..=3_i64 {
        for delta in (-4..=4_i64).filter(|delta| *delta != 0) {
            let after = held + delta;
            let opens = after.abs() > held.abs() || after * held < 0;
            let reduced = if delta > 0 { delta.min(-held).max(0) } else { delta.max(-held).min(0) };
            for (reduce_only, may_open) in
                [(false, true), (false, false), (true, true), (true, false)]
            {
                let order = Order { delta: SignedSize(delta), reduce_only, ..BUY };
                let wanted = if reduce_only || !may_open { reduced } else { delta };
                let held = SignedSize(held);
                assert_eq!(order.executable(held, may_open), Ok(SignedSize(wanted)));
                assert_eq!(order.opens(held), !reduce_only && opens, "{held:?} {order:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn the_first_price_since_and_no_other(
        mut times in proptest::collection::vec(1..1_000_u64, 0..16), earliest in 0..1_100_u64,
    ) {
        times.sort_unstable();
        times.dedup();
        let newest_first: Vec<_> = times.iter().rev().map(|&time| point(time, time)).collect();
        let chosen = first_since(newest_first.iter().copied(), Millis(earliest));
        let wanted = times.iter().copied().find(|&time| time >= earliest);
        prop_assert_eq!(chosen.map(|point| point.published.0), wanted);
        let order = Order { limit: Price(u64::MAX), ..BUY };
        let executed = order.execution(newest_first.into_iter(), Millis(earliest), Ppm(0)).unwrap();
        prop_assert_eq!(executed.map(|(point, _)| point.published.0), wanted);
    }

    #[test]
    fn a_spread_is_always_against_the_trader(index in 1..u64::MAX / 4, spread in 0..2_000_000_u32) {
        let buy = trade_price(Price(index), Side::Long, Ppm(spread)).unwrap();
        let sell = trade_price(Price(index), Side::Short, Ppm(spread)).unwrap();
        prop_assert!(buy.0 >= index && sell.0 <= index);
        prop_assert_eq!(spread > 0, buy.0 > index);
    }

    #[test]
    fn the_oldest_price_that_meets_trigger_and_limit_is_the_one_whatever_came_before_and_after(
        prices in proptest::collection::vec(90..110_u64, 0..16), earliest in 0..18_u64,
        buys: bool, limit in 85..115_u64, level in 90..110_u64, kind in 0..3_u8,
        spread in 0..50_000_u32,
    ) {
        let trigger = match kind {
            0 => Trigger::Immediate,
            1 => Trigger::AtOrAbove(Price(level)),
            _ => Trigger::AtOrBelow(Price(level)),
        };
        let delta = SignedSize(if buys { 1 } else { -1 });
        let order = Order { delta, limit: Price(limit), trigger, ..BUY };
        let points: Vec<_> = (1..).zip(&prices).map(|(time, price)| point(time, *price)).collect();
        let found = order.execution(points.iter().rev().copied(), Millis(earliest), Ppm(spread));
        let distance = |price: u64| (price * u64::from(spread)).div_ceil(1_000_000);
        let wanted = points.into_iter().find_map(|point| {
            let index = point.low.0;
            let price = if buys { index + distance(index) } else { index - distance(index) };
            let met = [true, index >= level, index <= level][usize::from(kind)];
            let kept = if buys { price <= limit } else { price >= limit };
            (point.published.0 >= earliest && met && kept).then_some((point, Price(price)))
        });
        prop_assert_eq!(found, Ok(wanted));
    }
}
