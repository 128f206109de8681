//! The feeds that markets list, and which of them say nothing: a market with a quorum has a price without
//! one of them, and nobody would notice before the next one is missing too. A feed whose market is closed
//! has nothing to say.

use holdfast_client::holdfast::oracle::Provider;
use holdfast_risk::Millis;

use crate::{Hours, VenueSnapshot};

/// A feed that a market lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedFeed {
    /// The market's index.
    pub market: u8,
    /// Its place among the market's feeds, from zero.
    pub place: usize,
    /// Who publishes it; `None`: a provider that this version does not know.
    pub provider: Option<Provider>,
    /// Whether neither its account nor the market has a price of it within the market's age limit, though
    /// its own market is not known to be closed.
    pub late: bool,
    /// Whether there is none because its own market is closed.
    pub closed: bool,
}

/// The feeds of all markets that are not settled, at `now`, the venue's clock.
pub fn listed_feeds(mirror: &VenueSnapshot, hours: &Hours, now: Millis) -> Vec<ListedFeed> {
    let markets = mirror.markets.iter().map(|(_, market)| market);
    let feeds = markets.filter(|market| !market.is_settled()).flat_map(|market| {
        let listed = market.feeds.iter().take(usize::from(market.feed_count)).enumerate();
        listed.map(move |(place, feed)| {
            let accounts = mirror.feeds.values().filter(|reading| reading.is_of(feed));
            let shown = accounts.map(|reading| reading.quote.published).max().unwrap_or_default();
            let newest = shown.max(Millis(feed.published_ms));
            let is_old = market.now(now).since(newest).0 > market.terms.age_ms;
            let closed = is_old && hours.is_feed_closed(feed, market, now);
            ListedFeed {
                market: market.index,
                place,
                provider: Provider::from_code(feed.provider).ok(),
                late: is_old && !closed,
                closed,
            }
        })
    });
    feeds.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use holdfast_client::feed::Reading;
    use holdfast_client::holdfast::oracle::Provider;
    use holdfast_client::market_hours::MarketHours;
    use holdfast_risk::market::reading::Quote;
    use holdfast_risk::{Millis, Price};

    use super::{ListedFeed, listed_feeds};
    use crate::world::{NOW, PRICE, key, mirror};
    use crate::{Hours, VenueSnapshot};

    #[test]
    fn a_feed_is_late_when_neither_its_account_nor_its_market_has_a_price() {
        let mut mirror = mirror();
        let age = mirror.markets[0].1.terms.age_ms;
        let market = &mut mirror.markets[0].1;
        market.feed_count = 3;
        for (feed, provider) in market.feeds.iter_mut().zip([1, 4, 9]) {
            (feed.provider, feed.id) = (provider, [provider; 32]);
        }
        // The market has taken a price of the first; the second's account has a newer one.
        (market.feeds[0].published_ms, market.feeds[1].published_ms) = (NOW, NOW - age);
        let quote =
            Quote { price: Price(PRICE), confidence: Price(0), published: Millis(NOW + 1_000) };
        mirror.feeds.insert(key(50), Reading { provider: 4, id: [4; 32], quote });
        let late = |at: u64| {
            let feeds = listed_feeds(&mirror, &Hours::default(), Millis(at)).into_iter();
            feeds.map(|feed| feed.late).collect::<Vec<_>>()
        };
        assert_eq!(late(NOW + age), [false, false, true]);
        assert_eq!(late(NOW + age + 1), [true, false, true]);
        assert_eq!(late(NOW + age + 1_001), [true, true, true]);
        let last = listed_feeds(&mirror, &Hours::default(), Millis(NOW)).pop();
        let expected =
            ListedFeed { market: 0, place: 2, provider: None, late: true, closed: false };
        assert_eq!(last, Some(expected));
        let second = listed_feeds(&mirror, &Hours::default(), Millis(NOW))[1];
        assert_eq!((second.place, second.provider), (1, Some(Provider::Stork)));
    }

    #[test]
    fn a_feed_without_a_price_is_closed_and_not_late_while_its_market_is() {
        let mut mirror = mirror();
        let market = &mut mirror.markets[0].1;
        let age = market.terms.age_ms;
        (market.feed_count, market.feeds[0].provider, market.feeds[0].id) = (1, 1, [1; 32]);
        market.feeds[0].published_ms = NOW;
        let (opens, hour) = (Some(Millis(NOW + 2 * Millis::HOUR.0)), Millis::HOUR.0);
        let closed = MarketHours { is_open: false, opens, closes: None };
        let hours = Hours::new(BTreeMap::from([([1; 32], vec![closed])]));
        let look = |at: u64| {
            let feed = listed_feeds(&mirror, &hours, Millis(at)).remove(0);
            [feed.late, feed.closed]
        };
        assert_eq!(look(NOW + age), [false, false], "its last price counts still");
        assert_eq!(look(NOW + hour), [false, true]);
        assert_eq!(look(NOW + 2 * hour), [true, false], "it has opened, and no price came");
    }

    #[test]
    fn nobody_waits_for_the_feeds_of_a_settled_market() {
        let mut mirror = mirror();
        mirror.markets[0].1.feed_count = 1;
        let listed =
            |mirror: &VenueSnapshot| listed_feeds(mirror, &Hours::default(), Millis(NOW)).len();
        assert_eq!(listed(&mirror), 1);
        mirror.markets[0].1.settlement_price = PRICE;
        assert_eq!(listed(&mirror), 0);
    }
}
