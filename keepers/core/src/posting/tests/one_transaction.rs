//! Sources whose prices take one transaction.

use std::sync::Arc;

use holdfast_client::feed::Reading;
use holdfast_client::{address, stork, switchboard};
use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Millis, Price};
use holdfast_testkit::crossbar;

use super::{
    DraftStep, FeedId, NOW, Offer, Outcome, PRICE, PostingCounts, Source, Stage, TERMS, UP, key,
    landed,
};
use crate::Intent;

#[test]
fn a_price_of_switchboard_takes_one_transaction() {
    let mut stage = Stage::new(TERMS);
    let (account, id) = (key(70), [0x43; 32]);
    let feed = FeedId { source: Source::Switchboard, id };
    let listed = &mut stage.mirror.markets[1].1.feeds[0];
    (listed.provider, listed.id) = (3, id);
    let post = Intent::BringPrice { feed, market: 1, step: DraftStep::Post };
    let signed = |price: u64| {
        let [verify, submit] = crossbar::update(&account, 7, price);
        switchboard::read(&verify, &submit).expect("an update")
    };
    let hear = |stage: &mut Stage, price: u64| {
        let offer = Offer::switchboard(id, Millis(stage.now + 1), signed(price));
        stage.poster.hear(0, Arc::new(offer));
    };
    stage.feeds.insert(account);
    assert_eq!(stage.due(), [], "nobody has read its account");
    let quote = |price, at| Quote { price: Price(price), confidence: Price(0), published: at };
    let stored = |at| Reading { provider: 3, id, quote: quote(PRICE, Millis(at)) };
    stage.mirror.feeds.insert(account, stored(NOW));
    assert_eq!(stage.due(), [], "nothing is offered");
    for outcome in [Outcome::Foreseen { reason: "no".to_owned() }, Outcome::Expired, landed()] {
        stage.now += 1_000;
        hear(&mut stage, UP);
        assert_eq!(stage.due(), [post]);
        let instructions = stage.poster.instructions(&feed, DraftStep::Post);
        assert_eq!(instructions, Some(switchboard::post(key(60), 2, &signed(UP))));
        assert!(stage.poster.doubts(&feed, DraftStep::Post), "nobody has seen the signatures");
        stage.poster.begun(&feed, 1, DraftStep::Post, Millis(stage.now));
        assert_eq!(stage.due(), [], "it is under way");
        stage.end_of(feed, 1, DraftStep::Post, outcome);
    }
    let report = stage.poster.report(Millis(stage.now), Millis(stage.now));
    let counts = PostingCounts { begun: 3, posted: 1, refused: 2, disbelieved: 1 };
    assert_eq!(report.sources.get(&Source::Switchboard).map(|it| it.counts), Some(counts));
    assert_eq!(stage.counts(), PostingCounts::default(), "Pyth's hosts are not to blame");
    stage.now += 1_000;
    hear(&mut stage, UP);
    assert_eq!(stage.due(), [], "the mirror does not show it yet");
    stage.mirror.feeds.insert(account, stored(stage.now));
    stage.now += 1_000;
    hear(&mut stage, UP);
    assert_eq!(stage.due(), [post], "the price there is another still");
    // Its authority has changed what decides its price: it is no feed of the market any more.
    stage.mirror.feeds.insert(account, Reading { id: [1; 32], ..stored(stage.now) });
    assert_eq!(stage.due(), []);
}

#[test]
fn a_price_of_stork_takes_one_transaction_and_may_make_its_account() {
    let mut stage = Stage::new(TERMS);
    let id = stork::feed_id("SOLUSD");
    let feed = FeedId { source: Source::Stork, id };
    let listed = &mut stage.mirror.markets[1].1.feeds[0];
    (listed.provider, listed.id) = (4, id);
    stage.feeds.insert(address::stork_feed(&id));
    assert_eq!(stage.due(), [], "nothing is offered");
    stage.now += 1_000;
    let signed = stork::SignedPrice {
        id,
        timestamp: stage.now * 1_000_000,
        value: i128::from(UP) * 1_000_000_000_000,
        publishers: [1; 32],
        algorithm: [2; 32],
        r: [3; 32],
        s: [4; 32],
        v: 27,
    };
    stage.poster.hear(0, Arc::new(Offer::stork(signed.clone()).expect("a price")));
    assert_eq!(stage.due(), [Intent::BringPrice { feed, market: 1, step: DraftStep::Post }]);
    let instructions = stage.poster.instructions(&feed, DraftStep::Post);
    assert_eq!(instructions, Some(stork::post(key(60), &signed)));
    assert_eq!(stage.poster.units(&feed, DraftStep::Post), None, "it follows from them");
}
