//! Markets that close: nothing is spent on prices that do not get newer.

use std::sync::Arc;

use holdfast_client::pyth;
use holdfast_risk::Millis;
use holdfast_testkit::feed::Published;
use holdfast_testkit::hermes;

use super::{DraftStep, IDS, NOW, PRICE, Stage, TERMS, UP, Wait, intent, landed};

/// What a host says of a market that closed at `published`: its last price, signed anew.
fn hear(stage: &mut Stage, price: u64, published: u64) {
    let prices = [(IDS[0].id, Published::new(price, published))];
    let update = hermes::update(&prices, stage.now);
    stage.poster.hear(0, Arc::new(pyth::read(&update).expect("an update").remove(0).into()));
}

#[test]
fn the_last_price_before_a_closing_is_brought_once_whoever_waits() {
    let mut stage = Stage::new(TERMS);
    stage.now += 1_000;
    let last = stage.offer(0, UP);
    stage.begin(0, DraftStep::Open);
    stage.end(0, DraftStep::Open, landed());
    stage.begin(0, DraftStep::Post);
    stage.end(0, DraftStep::Post, landed());
    stage.store(&last);
    stage.mirror.markets[0].1.feeds[0].published_ms = stage.now;
    // Somebody waits for the next one, and the market's newest price has to be borne out.
    stage.waits = vec![Wait { market: 0, from: Millis(stage.now) }];
    let newest = usize::from(stage.mirror.markets[0].1.newest);
    stage.mirror.markets[0].1.prices[newest].sudden = 1;
    // Two days.
    for _ in 0..2 * 24 * 60 {
        stage.now += 60_000;
        hear(&mut stage, UP, NOW + 1_000);
        assert_eq!(stage.due(), [], "after {} s", (stage.now - NOW) / 1_000);
    }
    let report = stage.poster.report(Millis(stage.now), Millis(stage.now));
    assert_eq!((stage.counts().begun, report.budget_used), (1, 0));
    // The first price after the opening is brought at once.
    let now = stage.now;
    hear(&mut stage, UP, now);
    assert_eq!(stage.due(), [intent(0, DraftStep::Open)]);
}

#[test]
fn a_price_that_grows_old_on_its_way_is_given_up_once() {
    let mut stage = Stage::new(TERMS);
    stage.now += 1_000;
    stage.offer(0, UP);
    stage.begin(0, DraftStep::Open);
    stage.end(0, DraftStep::Open, landed());
    stage.now += stage.mirror.markets[0].1.terms.age_ms + 1;
    hear(&mut stage, UP, NOW + 1_000);
    assert_eq!(stage.due(), [intent(0, DraftStep::Close)]);
    stage.begin(0, DraftStep::Close);
    stage.end(0, DraftStep::Close, landed());
    for _ in 0..100 {
        stage.now += 60_000;
        hear(&mut stage, PRICE, NOW + 1_000);
        assert_eq!(stage.due(), []);
    }
}
