use super::{Order, Parts, Trigger};
use crate::units::{Millis, Price, Side, SignedSize, Size};
use proptest::prelude::*;

const BUY: Order = Order {
    delta: SignedSize(10),
    limit: Price(100),
    reduce_only: false,
    any_price: false,
    trigger: Trigger::Immediate,
    opens_up_to: Size(10),
    earliest: Millis(3_000),
    expires: Millis(9_000),
};

#[test]
fn a_limit_is_kept_to_the_unit_on_either_side() {
    let sell = Order { delta: SignedSize(-10), ..BUY };
    for (price, buys, sells) in [(99, true, false), (100, true, true), (101, false, true)] {
        assert_eq!(BUY.keeps_limit(Price(price)), buys);
        assert_eq!(sell.keeps_limit(Price(price)), sells);
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
        let order = Order { trigger, ..BUY };
        assert_eq!(order.is_immediate(), trigger == Trigger::Immediate);
    }
}

#[test]
fn orders_that_can_never_execute() {
    let now = Millis(1_000);
    assert_eq!(BUY.check(now), Ok(()));
    for (order, missing) in [
        (Order { delta: SignedSize(0), ..BUY }, "delta"),
        (Order { limit: Price(0), ..BUY }, "limit"),
        (Order { trigger: Trigger::AtOrAbove(Price(0)), ..BUY }, "trigger.price"),
        (Order { trigger: Trigger::AtOrBelow(Price(0)), ..BUY }, "trigger.price"),
        (Order { expires: now, ..BUY }, "expires_ms"),
    ] {
        assert_eq!(order.check(now).map_err(|refusal| refusal.setting), Err(missing));
    }
    assert!(!BUY.is_expired(BUY.expires));
    assert!(BUY.is_expired(Millis(BUY.expires.0 + 1)));
}

#[test]
fn what_opens_and_what_is_cut_follows_from_the_exposure_it_results_in() {
    for held in -3..=3_i64 {
        for delta in (-4..=4_i64).filter(|delta| *delta != 0) {
            for opens_up_to in 0..=4_u64 {
                for (reduce_only, may_open) in
                    [(false, true), (false, false), (true, true), (true, false)]
                {
                    let order = Order {
                        delta: SignedSize(delta),
                        opens_up_to: Size(opens_up_to),
                        reduce_only,
                        ..BUY
                    };
                    let parts = order.parts(SignedSize(held), may_open);
                    let against = held * delta < 0;
                    let closes = if against { delta.abs().min(held.abs()) } else { 0 };
                    let rest = (delta.abs() - closes) as u64;
                    let opens = if reduce_only || !may_open { 0 } else { rest.min(opens_up_to) };
                    assert_eq!(parts, Parts { closes: Size(closes as u64), opens: Size(opens) });
                    let all = if reduce_only { 0 } else { rest };
                    assert_eq!(order.opened(SignedSize(held)), Size(all), "{held} {order:?}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn what_closes_gets_no_price_its_owner_could_have_known_when_making_it_possible(
        earliest in 1..10_000_u64, changed in 0..10_000_u64, delay in 1..3_000_u64,
        closes in 0..2_u64, opens in 0..2_u64,
    ) {
        let order = Order { earliest: Millis(earliest), ..BUY };
        let parts = Parts { closes: Size(closes), opens: Size(opens) };
        let from = order.decided_from(parts, Millis(changed), Millis(delay));
        prop_assert!(from >= order.earliest);
        if closes > 0 && changed > 0 {
            prop_assert!(from.0 >= changed + delay);
        } else {
            prop_assert_eq!(from, order.earliest);
        }
        prop_assert_eq!(BUY.delta.side(), Side::Long);
    }
}

/// Every change of a position: an order that was set off waits for its trigger again if it would close what
/// was opened, or only reduces and nothing is left. What only becomes smaller leaves it as it is.
#[test]
fn what_was_set_off_for_a_position_does_not_close_another() {
    for (before, after) in (-3..=3_i64).flat_map(|from| (-3..=3).map(move |to| (from, to))) {
        for (delta, reduce_only) in [(5, false), (-5, false), (5, true), (-5, true)] {
            let trigger = Trigger::AtOrAbove(Price(100));
            let order = Order { delta: SignedSize(delta), reduce_only, trigger, ..BUY };
            let closes = delta * after < 0;
            // Part of what is held now was not held before.
            let opened = after * (after - before) > 0;
            let expected = (closes && opened) || (after == 0 && reduce_only);
            let (from, to) = (SignedSize(before), SignedSize(after));
            assert_eq!(order.waits_anew(from, to), expected, "{delta}: {before} to {after}");
            let immediate = Order { trigger: Trigger::Immediate, ..order };
            assert!(!immediate.waits_anew(from, to));
        }
    }
}
