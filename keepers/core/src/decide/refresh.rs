//! Markets whose price is to be refreshed: when somebody needs a newer one, when it has moved, when it
//! is sudden and the next has to bear it out, and else only often enough that it stays fresh. And
//! markets that are to learn from their feeds that it is later than the venue's clock shows.

use holdfast_client::holdfast::checks::liquidation;
use holdfast_client::holdfast::checks::order::{OrderProgress, decided_from, order_progress};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::{MarginAccount, Market};
use holdfast_risk::Millis;
use holdfast_risk::account::liquidation::flag_stands;
use holdfast_risk::account::order::Order;
use holdfast_risk::market::aggregate::{FeedReading, aggregate};
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::market::reading::{Quote, ReadingError};

use crate::{Intent, VenueSnapshot};

/// Refreshes in the time after which a price is too old, if nothing else asks for one.
const REFRESHES_PER_AGE: u64 = 3;
/// A move worth telling, in a thousandth of the price.
const MOVE_PER_MILLE: u64 = 1;
/// While what a feed has told of the time lies ahead of the clock already, it tells no more within this.
const TOLD_AGAIN: Millis = Millis(10_000);

/// Somebody waits for a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Of which market.
    pub market: u8,
    /// Published from then on.
    pub from: Millis,
}

/// What an account waits for: an order for a price that decides it, a flag for one that liquidates.
pub fn waits(mirror: &VenueSnapshot, chain: &Chain, account: &MarginAccount) -> Vec<Wait> {
    let mut found = Vec::new();
    for slot in account.orders.iter().filter(|slot| slot.number != 0) {
        let Some(market) = mirror.market(slot.market) else { continue };
        let order = Order::from(slot);
        let progress = order_progress(&order, account, market, chain);
        if !order.is_expired(chain.now) && progress == OrderProgress::AwaitsPrice {
            let from = decided_from(&order, account, market);
            found.push(Wait { market: slot.market, from });
        }
    }
    if flag_stands(Millis(account.flagged_ms), chain.now) {
        let open = account.open_indices().filter_map(|index| mirror.market(index));
        let waits = open.filter(|market| liquidation::awaits_price(account, market, chain));
        found.extend(waits.map(|market| {
            let from = account.liquidatable_from(market);
            Wait { market: market.index, from }
        }));
    }
    found
}

/// Markets that a refresh gives a price worth having, where nobody or somebody `waits` for one, or evidence
/// of the time.
pub fn refreshes(mirror: &VenueSnapshot, chain: &Chain, waits: &[Wait]) -> Vec<Intent> {
    let worth_it = |market: &Market| {
        let stored = market.newest_stored();
        let newest = stored.point;
        let Some(found) = found(mirror, chain, market) else { return false };
        let age = market.now(chain.now).since(newest.published).0;
        let moved = found.middle().0.abs_diff(newest.middle().0);
        waits.iter().any(|wait| wait.market == market.index)
            || stored.sudden
            || age >= market.terms.age_ms / REFRESHES_PER_AGE
            || moved >= newest.middle().0 / 1_000 * MOVE_PER_MILLE
    };
    let markets = mirror.markets.iter().map(|(_, market)| market);
    let due = markets.filter(|market| {
        !market.is_settled() && (worth_it(market) || tells_time(mirror, chain, market))
    });
    due.map(|market| Intent::RefreshMarket { market: market.index }).collect()
}

/// Whether an account of a feed tells the market what time it is.
fn tells_time(mirror: &VenueSnapshot, chain: &Chain, market: &Market) -> bool {
    mirror.feeds_of(market).any(|(_, reading)| {
        let listed = market.feeds.iter().find(|feed| reading.is_of(feed));
        let told = listed.map_or(Millis(0), |feed| Millis(feed.seen_ms));
        is_news_of_the_time(&reading.quote, told, market, chain)
    })
}

/// Whether a quote says that it is later than the venue's clock can be, and whoever was told of `told`
/// does not know yet: after a halt that the cluster's clock hides, nothing else shows the time.
pub fn is_news_of_the_time(quote: &Quote, told: Millis, market: &Market, chain: &Chain) -> bool {
    let (last_disruption, limits) = (chain.monitor.last_disruption, market.terms.quotes());
    let ahead = chain.now.after(limits.future);
    let judged = quote.check(told, last_disruption, chain.now, limits);
    let is_news = told <= ahead || quote.published >= told.after(TOLD_AGAIN);
    judged == Err(ReadingError::Future) && is_news
}

/// The price a refresh would find, if it finds a newer one.
fn found(mirror: &VenueSnapshot, chain: &Chain, market: &Market) -> Option<PricePoint> {
    let (last_disruption, limits) = (chain.monitor.last_disruption, market.terms.quotes());
    let mut readings = market.readings();
    for (_, reading) in mirror.feeds_of(market) {
        let stored = market.feeds.iter().position(|feed| reading.is_of(feed));
        let stored = &mut readings[stored?];
        if reading.quote.check(stored.published, last_disruption, chain.now, limits).is_ok() {
            *stored =
                FeedReading { price: reading.quote.price, published: reading.quote.published };
        }
    }
    let (now, previous) = (market.now(chain.now), market.newest_price().published);
    let found = aggregate(&readings, market.panel(), last_disruption, now, previous);
    found.ok().map(|found| found.point)
}

#[cfg(test)]
#[path = "refresh_tests.rs"]
mod tests;
