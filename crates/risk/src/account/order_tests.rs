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
    for trigger in [Trigger::AtOrAbove(Price(1)), Trigger::AtOrBelow(Price(1))] {
        assert_eq!(Order { trigger, ..BUY }.check(now), Ok(()));
    }
    assert!(!BUY.is_expired(BUY.expires));
    assert!(BUY.is_expired(Millis(BUY.expires.0 + 1)));
}

#[test]
fn a_buy_is_expected_to_open_at_its_limit_at_most_and_a_stop_at_its_level_at_least() {
    // The limit is 100.
    for (trigger, now, buys, sells) in [
        (Trigger::Immediate, 99, 99, 99),
        (Trigger::Immediate, 101, 100, 101),
        (Trigger::AtOrBelow(Price(90)), 99, 99, 99),
        (Trigger::AtOrAbove(Price(90)), 99, 99, 99),
        (Trigger::AtOrAbove(Price(100)), 99, 100, 100),
        (Trigger::AtOrAbove(Price(120)), 99, 100, 120),
    ] {
        for (delta, highest) in [(10, buys), (-10, sells)] {
            let order = Order { delta: SignedSize(delta), trigger, ..BUY };
            assert_eq!(order.highest_price(Price(now)), Price(highest), "{order:?} at {now}");
        }
    }
}

#[test]
fn a_position_that_no_order_has_changed_keeps_nobody_waiting() {
    let closes = Parts { closes: Size(1), opens: Size(0) };
    let from = |changed| BUY.decided_from(closes, Millis(changed), Millis(3_001));
    assert_eq!([0, 1].map(from), [BUY.earliest, Millis(3_002)]);
}

/// Until when a price may still come that decides an order: stored 2 s late, and acted on 10 s after that.
#[test]
fn an_order_may_be_decided_from_the_first_price_that_can_until_the_last_that_could_be_stored() {
    let may = |order: &Order, first: u64, now: u64| {
        order.may_be_decided(Millis(first), Millis(now), Millis(2_000))
    };
    let long = Order { expires: Millis(90_000), ..BUY };
    for (now, expected) in [(2_999, false), (3_000, true), (15_000, true), (15_001, false)] {
        assert_eq!(may(&long, 3_000, now), expected, "{now}");
    }
    // The last price that may decide it is published at 9 s.
    for (now, expected) in [(9_000, true), (9_001, true), (11_000, true), (11_001, false)] {
        assert_eq!(may(&BUY, 3_000, now), expected, "expires at 9,000: {now}");
    }
    assert!(may(&BUY, 9_000, 9_000) && may(&BUY, 9_000, 11_000));
    assert!(!may(&BUY, 9_001, 9_001), "no price can decide it");
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
