//! From a halt back to normal, with nobody's permission.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_risk::chain::health::State;
use holdfast_testkit::venue::market_order;

use holdfast_tests::{PRICE, Stage};

/// Eight percent down: below maintenance, above the deep-insolvency line.
const SHALLOW: u64 = PRICE * 84 / 100;
/// Half of maintenance is gone.
const DEEP: u64 = PRICE * 81 / 100;

#[test]
fn every_rung_is_climbed_by_anyone_observing() {
    let mut stage = Stage::open();
    stage.venue.cluster.advance(3_600_000, 2, 2);
    stage.venue.observe().unwrap();
    let mut states = vec![stage.state()];
    for _ in 0..300 {
        stage.calm(5, PRICE);
        if stage.state() != *states.last().unwrap() {
            states.push(stage.state());
        }
    }
    assert_eq!(states, [State::Shelter, State::Thaw, State::Throttled, State::Normal]);
}

#[test]
fn a_close_asked_before_the_halt_executes_once_a_price_after_it_is_borne_out() {
    let mut stage = Stage::open();
    let exit = stage.exit();
    let number = stage.venue.place(&stage.trader, 0, exit).unwrap();
    stage.venue.cluster.pass(3_000);
    stage.venue.publish(&[PRICE * 110 / 100]).unwrap();
    stage.venue.cluster.advance(3_600_000, 2, 2);
    let account = stage.trader.account;
    let failure = stage.venue.execute(&account, number, &account).unwrap_err();
    assert!(failure.is(HoldfastError::NoPriceYet), "{}", failure.message);
    stage.venue.cluster.pass(2_000);
    stage.venue.publish(&[SHALLOW]).unwrap();
    assert_eq!(stage.state(), State::Shelter);
    stage.venue.execute(&account, number, &account).unwrap();
    assert_eq!(stage.venue.account(&account).open_markets, 0);
}

#[test]
fn in_shelter_only_the_deeply_insolvent_are_liquidated_and_only_after_a_wait() {
    for (price, is_deep) in [(SHALLOW, false), (DEEP, true)] {
        let mut stage = Stage::open();
        stage.venue.cluster.advance(3_600_000, 2, 2);
        stage.venue.publish(&[price]).unwrap();
        stage.flag().unwrap();
        stage.calm(30, price);
        let early = stage.liquidate().unwrap_err();
        assert!(early.is(HoldfastError::ChainNotReady), "{}", early.message);
        stage.calm(60, price);
        let late = stage.liquidate();
        assert_eq!(late.is_ok(), is_deep, "{late:?}");
    }
}

/// Whoever fails after a second halt has as long to add margin as after the first.
#[test]
fn each_halt_begins_the_wait_in_shelter_anew() {
    let mut stage = Stage::open();
    stage.venue.cluster.advance(3_600_000, 2, 2);
    stage.venue.publish(&[PRICE]).unwrap();
    stage.calm(70, PRICE);
    stage.venue.cluster.advance(3_600_000, 2, 2);
    stage.venue.publish(&[DEEP]).unwrap();
    stage.flag().unwrap();
    stage.calm(10, DEEP);
    let early = stage.liquidate().unwrap_err();
    assert!(early.is(HoldfastError::ChainNotReady), "{}", early.message);
    stage.calm(60, DEEP);
    stage.liquidate().unwrap();
}

#[test]
fn in_a_thaw_the_worst_go_first() {
    let mut stage = Stage::open();
    stage.venue.cluster.advance(3_600_000, 2, 2);
    stage.venue.publish(&[SHALLOW]).unwrap();
    stage.calm(305, SHALLOW);
    assert_eq!(stage.state(), State::Thaw);
    stage.flag().unwrap();
    stage.calm(10, SHALLOW);
    assert!(stage.liquidate().unwrap_err().is(HoldfastError::ChainNotReady));
    stage.calm(580, SHALLOW);
    assert_eq!(stage.state(), State::Thaw);
    stage.flag().unwrap();
    stage.calm(5, SHALLOW);
    stage.liquidate().unwrap();
}

/// Fewer than three prices since the disruption prove nothing.
#[test]
fn a_market_has_to_be_ready_before_it_liquidates_or_opens() {
    let mut stage = Stage::open();
    stage.venue.cluster.advance(3_600_000, 2, 2);
    stage.venue.publish(&[DEEP]).unwrap();
    stage.flag().unwrap();
    let failure = stage.liquidate().unwrap_err();
    assert!(failure.is(HoldfastError::MarketNotReady), "{}", failure.message);
}

#[test]
fn an_opening_order_from_before_the_halt_waits_and_one_against_a_position_only_reduces() {
    let mut stage = Stage::open();
    let now = stage.venue.cluster.now_ms();
    let opening = stage.venue.place(&stage.trader, 0, market_order(1_000_000, now)).unwrap();
    let flipping = stage.venue.place(&stage.trader, 0, market_order(-80_000_000, now)).unwrap();
    stage.venue.cluster.advance(30_000, 2, 2);
    stage.venue.publish(&[PRICE]).unwrap();
    let account = stage.trader.account;
    let failure = stage.venue.execute(&account, opening, &account).unwrap_err();
    assert!(failure.is(HoldfastError::ChainNotReady), "{}", failure.message);
    stage.venue.execute(&account, flipping, &account).unwrap();
    assert_eq!(stage.venue.account(&account).positions[0].size, 0);
}

#[test]
fn nobody_pays_for_the_time_of_a_halt() {
    let mut stage = Stage::open();
    stage.calm(60, PRICE);
    let before = stage.venue.market(0);
    stage.venue.cluster.advance(3_600_000, 2, 2);
    stage.venue.publish(&[PRICE]).unwrap();
    stage.calm(60, PRICE);
    let after = stage.venue.market(0);
    let grown = after.carry_long - before.carry_long;
    assert!(before.carry_long > 0 && grown < before.carry_long / 10, "{grown}");
}
