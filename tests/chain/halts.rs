//! Halts for users, and halts of which the clock shows a part: each is one disruption with its grace.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::events::ChainStateChanged;
use holdfast_client::instruction;
use holdfast_risk::chain::health::{Signal, State};
use holdfast_testkit::events;
use holdfast_testkit::feed::Published;
use holdfast_testkit::venue::market_order;

use crate::forge::remember;
use holdfast_tests::{PRICE, Stage};

/// Below maintenance, above the deep-insolvency line.
const SHALLOW: u64 = PRICE * 84 / 100;
const HOURS_MS: u64 = 3 * 3_600_000;

/// Hours in which slots go on, votes move the clock, and nothing of the venue's lands.
fn votes_only(stage: &mut Stage) {
    stage.calm(60, PRICE);
    stage.venue.cluster.pass(HOURS_MS);
}

#[test]
fn hours_of_votes_are_found_by_the_first_instruction_before_anybody_observes() {
    let mut stage = Stage::open();
    votes_only(&mut stage);
    let order = market_order(1_000_000, stage.venue.cluster.now_ms());
    let failure = stage.venue.place(&stage.trader, 0, order).unwrap_err();
    assert!(failure.is(HoldfastError::ChainNotReady), "{}", failure.message);
    assert_eq!(stage.state(), State::Normal, "nothing is persisted by a guard");
}

#[test]
fn whoever_was_locked_out_has_the_grace_to_add_margin() {
    let mut stage = Stage::open();
    votes_only(&mut stage);
    stage.venue.publish(&[SHALLOW]).unwrap();
    assert_eq!(stage.state(), State::Shelter);
    let returned_ms = stage.health().monitor.last_disruption_ms;
    stage.calm(10, SHALLOW);
    stage.flag().unwrap();
    stage.calm(5, SHALLOW);
    loop {
        let liquidated = stage.liquidate();
        if stage.venue.cluster.now_ms() >= returned_ms + 300_000 {
            break;
        }
        let failure = liquidated.unwrap_err();
        assert!(failure.is(HoldfastError::ChainNotReady), "{}", failure.message);
        stage.calm(5, SHALLOW);
    }
    let ended = stage.health().monitor;
    assert_eq!(ended.last_disruption_ms, returned_ms, "one disruption");
}

/// A close that was asked for before waits for a price from after, though one from within is there.
#[test]
fn a_price_from_before_the_return_does_not_count() {
    let mut stage = Stage::open();
    let exit = stage.exit();
    stage.calm(60, PRICE);
    let number = stage.venue.place(&stage.trader, 0, exit).unwrap();
    stage.venue.cluster.pass(3_000);
    let within = Published::new(PRICE, stage.venue.cluster.now_ms());
    stage.venue.publish_one(0, within).unwrap();
    stage.venue.cluster.pass(HOURS_MS);
    let account = stage.trader.account;
    let failure = stage.venue.execute(&account, number, &account).unwrap_err();
    assert!(failure.is(HoldfastError::NoPriceYet), "{}", failure.message);
    stage.venue.observe().unwrap();
    stage.venue.cluster.pass(2_000);
    stage.venue.publish(&[PRICE]).unwrap();
    stage.venue.execute(&account, number, &account).unwrap();
}

#[test]
fn a_quiet_venue_that_is_watched_stays_normal() {
    let mut stage = Stage::open();
    for _ in 0..600 {
        stage.venue.cluster.pass(6_000);
        stage.venue.observe().unwrap();
        assert_eq!(stage.state(), State::Normal);
    }
}

/// The clock shows seventeen seconds of a halt of 45; a price shows the rest.
#[test]
fn a_halt_seen_first_without_and_then_with_a_price_is_one() {
    let mut stage = Stage::open();
    stage.calm(60, PRICE);
    stage.venue.cluster.advance(17_000, 2, 2);
    stage.venue.observe().unwrap();
    let first = stage.health().monitor;
    assert_eq!(stage.state(), State::Shelter);
    stage.venue.cluster.pass(5_000);
    let true_ms = stage.venue.cluster.now_ms() + 28_000;
    stage.venue.publish_one(0, Published::new(PRICE, true_ms)).unwrap();
    stage.venue.observe().unwrap();
    let second = stage.health().monitor;
    assert_eq!(second.lead_ms, 28_000);
    assert_eq!(second.last_disruption_ms, first.last_disruption_ms + 28_000, "its true end");
    assert_eq!(second.until_ms, first.until_ms + 28_000, "grace did not begin anew");
    assert_eq!(second.since_ms, first.since_ms + 28_000);
}

/// A venue whose clock no price has told yet learns at its first that the cluster's lags.
#[test]
fn a_clock_that_lagged_from_the_beginning_is_no_halt() {
    let mut stage = Stage::open();
    remember(&mut stage, |monitor| (monitor.proven, monitor.last_disruption_ms) = (0, 0));
    stage.venue.cluster.pass(5_000);
    let true_ms = stage.venue.cluster.now_ms() + 60_000;
    stage.venue.publish_one(0, Published::new(PRICE, true_ms)).unwrap();
    stage.venue.observe().unwrap();
    let monitor = stage.health().monitor;
    assert_eq!((stage.state(), monitor.lead_ms, monitor.proven), (State::Normal, 60_000, 1));
}

/// What the event says of it.
#[test]
fn silence_is_the_reason_given() {
    let mut stage = Stage::open();
    votes_only(&mut stage);
    let observe = instruction::observe(&stage.venue.markets);
    let landed = stage.venue.cluster.send(&[observe], &[&stage.venue.admin]).unwrap();
    let event = events::find::<ChainStateChanged>(&landed).unwrap();
    assert_eq!((event.signal, event.to), (Signal::Silence as u8, State::Shelter as u8));
}
