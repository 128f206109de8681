use bytemuck::Zeroable;
use holdfast_client::feed::Reading;
use holdfast_client::holdfast::state::PoolRequest;
use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Millis, Price};

use super::{Wait, waits};
use crate::world::{NOW, PRICE, flagged, key, long, mirror, order};
use crate::{Intent, VenueSnapshot, decide};

/// The venue's first market has one feed, which published `price` this long ago.
fn with_feed(price: u64, age: u64) -> VenueSnapshot {
    let mut mirror = mirror();
    let market = &mut mirror.markets[0].1;
    (market.feed_count, market.quorum) = (1, 1);
    (market.feeds[0].provider, market.feeds[0].id) = (1, [4; 32]);
    let quote = Quote {
        price: Price(price),
        confidence: Price(price / 1_000),
        published: Millis(NOW + 4_000 - age),
    };
    mirror.feeds.insert(key(50), Reading { provider: 1, id: [4; 32], quote });
    mirror
}

const REFRESH: Intent = Intent::RefreshMarket { market: 0 };

fn decided(mirror: &VenueSnapshot) -> Vec<Intent> {
    decide(mirror, Millis(NOW + 4_000))
}

#[test]
fn a_price_that_stands_is_refreshed_three_times_while_it_is_fresh() {
    let mirror = with_feed(PRICE, 0);
    assert_eq!(decided(&mirror), []);
    assert!(!decide(&mirror, Millis(NOW + 9_999)).contains(&REFRESH));
    assert!(decide(&mirror, Millis(NOW + 10_000)).contains(&REFRESH));
}

#[test]
fn a_price_that_moved_is_told() {
    assert_eq!(decided(&with_feed(PRICE + PRICE / 1_000, 0)), [REFRESH]);
    assert_eq!(decided(&with_feed(PRICE + PRICE / 1_001, 0)), []);
    let nothing_newer = with_feed(PRICE * 2, 4_000);
    assert_eq!(decided(&nothing_newer), []);
}

#[test]
fn a_sudden_price_is_followed_by_the_next_one() {
    let mut mirror = with_feed(PRICE, 0);
    let market = &mut mirror.markets[0].1;
    let newest = usize::from(market.newest);
    market.prices[newest].sudden = 1;
    assert_eq!(decided(&mirror), [REFRESH]);
    let mut mirror = with_feed(PRICE, 4_000);
    mirror.markets[0].1.prices[newest].sudden = 1;
    assert_eq!(decided(&mirror), []);
}

/// A halt of two hours that the clock hides: what feeds say now lies far ahead of it.
#[test]
fn evidence_of_the_time_is_brought_and_observed() {
    let now = NOW + 4_000;
    let mut mirror = with_feed(PRICE * 8 / 10, 0);
    let publishes = |mirror: &mut VenueSnapshot, ahead: u64| {
        let reading = mirror.feeds.get_mut(&key(50)).expect("there is one");
        reading.quote.published = Millis(now + ahead);
    };
    publishes(&mut mirror, 7_200_000);
    assert_eq!(decided(&mirror), [REFRESH]);
    // Once the market has it, the venue looks at it as soon as it may.
    mirror.markets[0].1.feeds[0].seen_ms = now + 7_200_000;
    assert_eq!(decided(&mirror), [Intent::Observe]);
    // It is brought even when no look is due: others may look without it, as often as is allowed.
    assert_eq!(decide(&mirror, Millis(NOW + 1_999)), [Intent::Observe]);
    // Each further second tells nothing.
    publishes(&mut mirror, 7_209_999);
    assert_eq!(decided(&mirror), [Intent::Observe]);
    publishes(&mut mirror, 7_210_000);
    assert_eq!(decided(&mirror), [REFRESH, Intent::Observe]);
    // A provider that others contradict moves nothing, and is not looked at for it; nor is a feed.
    publishes(&mut mirror, 7_200_000);
    let lone = usize::from(mirror.markets[0].1.feeds[0].provider);
    for provider in [3, lone] {
        let before = mirror.chain_health;
        mirror.chain_health.published[provider].feed = [9; 32];
        mirror.chain_health.published[provider].newest_ms = NOW;
        // It is noted once, whatever comes of it.
        assert_eq!(decided(&mirror), [Intent::Observe]);
        let market = mirror.markets[0].1;
        mirror.chain_health.learn(&market);
        assert_eq!(decided(&mirror), []);
        mirror.chain_health = before;
    }
}

#[test]
fn an_order_gets_its_first_price() {
    let mut mirror = with_feed(PRICE, 0);
    let mut account = long(900_000_000);
    account.orders[0] = order(1, -1_000_000, NOW - 1_999);
    mirror.accounts.insert(key(1), account);
    assert_eq!(decided(&mirror), [REFRESH]);
    account.orders[0] = order(1, -1_000_000, NOW - 2_000);
    mirror.accounts.insert(key(1), account);
    let executes = Intent::ExecuteOrder { account: key(1), market: 0, number: 1 };
    assert_eq!(decided(&mirror), [executes]);
}

#[test]
fn a_flagged_account_gets_its_price_after_the_delay() {
    let mut mirror = with_feed(PRICE, 0);
    mirror.accounts.insert(key(1), flagged(long(40_000_000), 2_999));
    assert_eq!(decided(&mirror), [REFRESH]);
}

#[test]
fn a_refresh_names_the_feeds_of_its_market() {
    let mirror = with_feed(PRICE, 0);
    let built = REFRESH.instruction(&mirror, key(7), key(8)).expect("the market is known");
    assert_eq!(built.accounts.last().map(|meta| meta.pubkey), Some(key(50)));
}

#[test]
fn orders_and_flags_wait_for_the_first_price_that_decides() {
    let mut mirror = mirror();
    let of = |mirror: &VenueSnapshot| {
        let chain = mirror.chain(Millis(NOW + 500));
        waits(mirror, &chain, &mirror.accounts[&key(1)])
    };
    let mut account = long(900_000_000);
    account.orders[0] = order(1, -1_000_000, NOW - 1_999);
    mirror.accounts.insert(key(1), account);
    assert_eq!(of(&mirror), [Wait { market: 0, from: Millis(NOW + 1) }]);
    account.orders[0] = order(1, -1_000_000, NOW - 2_000);
    mirror.accounts.insert(key(1), account);
    assert_eq!(of(&mirror), [], "it has its price");
    mirror.accounts.insert(key(1), flagged(long(40_000_000), 2_999));
    assert_eq!(of(&mirror), [Wait { market: 0, from: Millis(NOW + 1) }]);
    // A market whose own delay is shorter than the flag's does not wait for the longer one.
    mirror.accounts.insert(key(1), flagged(long(40_000_000), 500));
    mirror.markets[0].1.terms.flag_delay_ms = 1_000;
    assert_eq!(of(&mirror), [Wait { market: 0, from: Millis(NOW + 500) }]);
}

#[test]
fn what_a_due_pool_request_waits_for_is_refreshed_at_once() {
    let mut mirror = with_feed(PRICE, 0);
    let mut refreshed = |due_ms: u64| {
        mirror.requests.insert(key(30), PoolRequest { due_ms, ..PoolRequest::zeroed() });
        decided(&mirror).contains(&REFRESH)
    };
    // The market has a price of `NOW`; its feed says one of four seconds later, which is now.
    let due = [NOW, NOW + 1, NOW + 4_000, NOW + 4_001];
    assert_eq!(due.map(&mut refreshed), [false, true, true, false]);
}
