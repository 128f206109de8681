//! When the markets behind feeds are open: a market that is closed has no new price, and nothing is wrong.

use std::collections::BTreeMap;

use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::state::{FeedState, Market};
use holdfast_client::market_hours::MarketHours;
use holdfast_risk::Millis;

/// What hosts say of the hours of Pyth's feeds, by their ids. Nobody else's are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours(BTreeMap<[u8; 32], Vec<MarketHours>>);

impl Hours {
    /// What hosts say: of each feed, what each of them that knows it says.
    pub const fn new(said: BTreeMap<[u8; 32], Vec<MarketHours>>) -> Self {
        Self(said)
    }

    /// Whether a market is closed: it lists feeds whose hours are known, and each of these is closed by the
    /// word of every host. One host alone hides no missing price where others are asked too.
    pub fn is_closed(&self, market: &Market, now: Millis) -> bool {
        let listed = market.feeds.iter().take(usize::from(market.feed_count));
        let mut known = listed.filter_map(|feed| self.of_feed(feed, now)).peekable();
        known.peek().is_some() && known.all(|closed| closed)
    }

    /// Whether no price of a feed is due now: its own market is closed, or its hours are not known and the
    /// market that lists it is closed.
    pub fn is_feed_closed(&self, feed: &FeedState, market: &Market, now: Millis) -> bool {
        self.of_feed(feed, now).unwrap_or_else(|| self.is_closed(market, now))
    }

    /// Whether a feed's market is closed, where anybody knows.
    fn of_feed(&self, feed: &FeedState, now: Millis) -> Option<bool> {
        let said = self.0.get(&feed.id).filter(|_| feed.provider == Provider::PythPull as u8)?;
        let mut known = said.iter().filter_map(|hours| hours.is_closed(now)).peekable();
        known.peek().copied().map(|_| known.all(|closed| closed))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytemuck::Zeroable;
    use holdfast_client::holdfast::state::Market;
    use holdfast_client::market_hours::MarketHours;
    use holdfast_risk::Millis;

    use super::Hours;

    const NOW: Millis = Millis(1_000);

    fn closed() -> MarketHours {
        MarketHours { is_open: false, opens: Some(Millis(2_000)), closes: None }
    }

    fn open() -> MarketHours {
        MarketHours { is_open: true, opens: None, closes: Some(Millis(2_000)) }
    }

    /// A market with feeds of these providers, each with the number of its place as its id.
    fn market(providers: &[u8]) -> Market {
        let mut market = Market::zeroed();
        market.feed_count = providers.len() as u8;
        for (place, provider) in providers.iter().enumerate() {
            let feed = &mut market.feeds[place];
            (feed.provider, feed.id) = (*provider, [place as u8; 32]);
        }
        market
    }

    fn said(hours: &[&[MarketHours]]) -> Hours {
        let said = hours.iter().enumerate();
        let said: BTreeMap<_, _> =
            said.map(|(place, said)| ([place as u8; 32], said.to_vec())).collect();
        Hours::new(said)
    }

    #[test]
    fn a_market_is_closed_where_everybody_says_so() {
        let lone = market(&[1]);
        assert!(said(&[&[closed()]]).is_closed(&lone, NOW));
        assert!(said(&[&[closed(), closed()]]).is_closed(&lone, NOW));
        assert!(
            !said(&[&[closed(), open()]]).is_closed(&lone, NOW),
            "one host alone decides nothing"
        );
        assert!(!said(&[&[open()]]).is_closed(&lone, NOW));
        assert!(!said(&[&[]]).is_closed(&lone, NOW));
        assert!(!Hours::default().is_closed(&lone, NOW), "nobody knows");
        assert!(!said(&[&[closed()]]).is_closed(&lone, Millis(2_000)), "it has opened");
        assert!(!said(&[&[closed()]]).is_closed(&market(&[4]), NOW), "it is not Pyth's");
        let two = market(&[1, 1]);
        assert!(said(&[&[closed()], &[closed()]]).is_closed(&two, NOW));
        assert!(!said(&[&[closed()], &[open()]]).is_closed(&two, NOW), "the other goes on");
        assert!(said(&[&[closed()], &[]]).is_closed(&two, NOW));
    }

    #[test]
    fn feeds_of_other_providers_close_with_their_market() {
        let hours = said(&[&[closed()], &[open()]]);
        let is_closed =
            |market: &Market, place: usize| hours.is_feed_closed(&market.feeds[place], market, NOW);
        let mixed = market(&[1, 4]);
        assert!(is_closed(&mixed, 0) && is_closed(&mixed, 1));
        let both = market(&[1, 1]);
        assert!(is_closed(&both, 0) && !is_closed(&both, 1));
        assert!(!is_closed(&market(&[4, 1]), 0), "the market goes on");
    }
}
