use holdfast_client::holdfast::instructions::{OrderEffect, OrderTrigger};
use holdfast_client::holdfast::state::{MarginAccount, OrderState};
use holdfast_risk::Millis;

use super::{IMMEDIATE, Stop, WHOLE, reduces, reduction, stops};
use crate::VenueSnapshot;
use crate::guard::terms::GuardTerms;
use crate::guard::tests::terms;
use crate::guard::view::View;
use crate::world::{NOW, PRICE, held, long, mirror};

/// Stops follow ten percent behind the price, by steps of one.
fn trailing() -> GuardTerms {
    GuardTerms { trail_bps: 1_000, step_bps: 100, slippage_bps: 200, ..terms([]) }
}

fn with<T>(mirror: &VenueSnapshot, look: impl FnOnce(&View) -> T) -> T {
    let chain = mirror.chain(Millis(NOW));
    let lines = trailing().lines(false);
    look(&View { mirror, chain: &chain, lines, complete: 0 })
}

fn found(mirror: &VenueSnapshot, account: &MarginAccount) -> Vec<Stop> {
    with(mirror, |view| stops(view, account, &trailing()))
}

/// The first market's newest price is this many percent of what it was.
fn priced(percent: u64) -> VenueSnapshot {
    let mut mirror = mirror();
    let newest = &mut mirror.markets[0].1.prices[31];
    (newest.low, newest.high) = (PRICE / 100 * percent, PRICE / 100 * percent);
    mirror
}

/// What an account's slot holds of an order once it is placed.
fn placed(number: u64, stop: &Stop) -> OrderState {
    let (trigger, trigger_price) = match stop.order.trigger {
        OrderTrigger::AtOrAbove { price } => (0, price),
        OrderTrigger::AtOrBelow { price } => (1, price),
        OrderTrigger::Immediate => (2, 0),
    };
    OrderState {
        number,
        delta: stop.order.delta,
        market: stop.market,
        trigger,
        trigger_price,
        reduce_only: 1,
        ..OrderState::default()
    }
}

#[test]
fn a_position_gets_a_stop_behind_the_price_that_closes_it_whole() {
    let stops = found(&mirror(), &long(1));
    let [Stop { market: 0, order, replaces: None }] = stops[..] else { panic!("{stops:?}") };
    assert_eq!(order.trigger, OrderTrigger::AtOrBelow { price: 90_000_000 });
    assert_eq!((order.delta, order.limit), (-WHOLE, 88_200_000));
    assert_eq!((order.effect, order.expires_ms), (OrderEffect::Reduce, u64::MAX));
    let mut short = long(1);
    short.positions[0] = held(-10_000_000, 1_000_000_000);
    let stops = found(&mirror(), &short);
    assert_eq!(stops[0].order.trigger, OrderTrigger::AtOrAbove { price: 110_000_000 });
    assert_eq!((stops[0].order.delta, stops[0].order.limit), (WHOLE, 112_200_000));
    assert_eq!(with(&mirror(), |view| super::stops(view, &long(1), &terms([]))), []);
}

#[test]
fn a_stop_only_follows_in_the_positions_favour_and_by_whole_steps() {
    let mut account = long(1);
    account.orders[2] = placed(7, &found(&mirror(), &account)[0]);
    for (percent, level) in [(50, None), (99, None), (100, None), (101, Some(90_900_000))] {
        let stops = found(&priced(percent), &account);
        let moved = stops.first().map(|stop| (stop.order.trigger, stop.replaces));
        let asked = level.map(|price| (OrderTrigger::AtOrBelow { price }, Some(7)));
        assert_eq!(moved, asked, "{percent}");
    }
}

#[test]
fn what_is_set_off_or_somebody_elses_is_left_alone() {
    let mut account = long(1);
    let stop = placed(7, &found(&mirror(), &account)[0]);
    account.orders[0] = OrderState { earliest_ms: NOW, ..stop };
    assert_eq!(found(&priced(110), &account), [], "set off");
    account.orders[0] = OrderState { delta: -5_000_000, ..stop };
    let stops = found(&priced(110), &account);
    assert_eq!(stops[0].replaces, None, "a stop over a part of the position stays");
    account.orders = [OrderState { delta: -5_000_000, ..stop }; 8];
    assert_eq!(found(&priced(110), &account), [], "no slot is free");
}

#[test]
fn a_price_that_nobody_believes_moves_no_stop_and_reduces_nothing() {
    let mut mirror = priced(110);
    let account = long(1);
    mirror.markets[0].1.prices[31].believed = 0;
    assert_eq!(found(&mirror, &account), []);
    assert_eq!(with(&mirror, |view| reduction(view, &account, 1, &trailing())), None);
    mirror.markets[0].1.prices[31].believed = 1;
    mirror.markets[0].1.prices[31].sudden = 1;
    mirror.markets[0].1.prices[30].believed = 0;
    assert_eq!(found(&mirror, &account), [], "not borne out");
}

#[test]
fn the_largest_position_is_reduced_by_what_is_too_much() {
    let mut account = long(1);
    account.open_markets = 3;
    account.positions[1] = held(-20_000_000, 2_000_000_000);
    // Twenty units at 100 ask for 5 % of 2,000.
    let reduced = |excess| with(&mirror(), |view| reduction(view, &account, excess, &trailing()));
    let (market, order) = reduced(25_000_000).expect("there is something to reduce");
    assert_eq!((market, order.delta, order.limit), (1, 5_000_000, 102_000_000));
    assert_eq!((order.effect, order.trigger), (OrderEffect::Reduce, OrderTrigger::Immediate));
    assert_eq!(order.expires_ms, NOW + 60_000);
    for excess in [100_000_000, 100_000_001, u64::MAX] {
        assert_eq!(reduced(excess).map(|(_, order)| order.delta), Some(WHOLE), "{excess}");
    }
}

#[test]
fn a_reduction_that_waits_is_seen() {
    let mut account = long(1);
    let waits = OrderState { number: 4, reduce_only: 1, trigger: 1, ..OrderState::default() };
    account.orders[3] = waits;
    assert!(!reduces(&account), "a stop");
    account.orders[3] = OrderState { trigger: IMMEDIATE, ..waits };
    assert!(reduces(&account));
}
