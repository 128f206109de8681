//! When a price is worth bringing: somebody waits for one, it tells the time, it has moved, or the one
//! there grows old.

use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::Market;
use holdfast_risk::market::reading::Quote;
use holdfast_risk::{Millis, Price};

use crate::decide::refresh::{Wait, is_news_of_the_time};

/// A price is brought when the one there has reached this part of the market's age limit: bringing one
/// takes a few seconds, and the market is refreshed from it afterwards.
const OLD: u64 = 2;

/// What needs a price, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Somebody waits for it.
    Awaited,
    /// It proves that the venue's clock is behind.
    Time,
    /// It has moved, or has to bear out the market's newest price, which is sudden.
    Moved,
    /// The one there grows old, or there is none.
    Old,
}

/// A feed of a market, as it is on chain.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// The market.
    pub market: &'a Market,
    /// When what the market has taken of the feed was published.
    pub taken: Millis,
    /// The newest time that the feed has told the market.
    pub told: Millis,
    /// What the feed's account says.
    pub stored: Option<Quote>,
    /// Who waits.
    pub waits: &'a [Wait],
    /// A move worth bringing, basis points.
    pub moved_bps: u64,
}

/// Prices a minute that keep a feed of a market from growing old, while nobody waits and nothing moves.
pub fn prices_a_minute(market: &Market) -> u64 {
    Millis::MINUTE.0.div_ceil((market.terms.age_ms / OLD).max(1))
}

impl Look<'_> {
    /// Whether the program would take an offered price of the feed.
    pub fn counts(&self, offered: &Quote, chain: &Chain) -> bool {
        let (last_disruption, limits) = (chain.monitor.last_disruption, self.market.terms.quotes());
        let newer = offered.check(self.there(), last_disruption, chain.now, limits).is_ok();
        newer && !self.market.is_settled()
    }

    /// Whether an offered price would tell the market what time it is.
    pub fn tells_time(&self, offered: &Quote, chain: &Chain) -> bool {
        let told = self.told.max(self.there());
        !self.market.is_settled() && is_news_of_the_time(offered, told, self.market, chain)
    }

    /// What needs an offered price, if anything does.
    pub fn need(&self, offered: &Quote, chain: &Chain) -> Option<Need> {
        if self.tells_time(offered, chain) {
            return Some(Need::Time);
        }
        if !self.counts(offered, chain) {
            return None;
        }
        let (market, there) = (self.market, self.there());
        // One that is there and was not taken yet is to be taken first.
        let is_taken = self.taken >= there;
        let helps = |wait: &Wait| {
            let later = offered.published >= wait.from && (there < wait.from || is_taken);
            wait.market == market.index && later
        };
        if self.waits.iter().any(helps) {
            return Some(Need::Awaited);
        }
        let moved = self.stored.is_some_and(|stored| self.is_moved(stored.price, offered.price));
        if moved || (market.newest_stored().sudden && is_taken) {
            return Some(Need::Moved);
        }
        let age = market.now(chain.now).since(there);
        (age.0 >= market.terms.age_ms / OLD).then_some(Need::Old)
    }

    /// When what the feed's account says was published; zero where it says nothing.
    fn there(&self) -> Millis {
        self.stored.map_or(Millis(0), |stored| stored.published)
    }

    fn is_moved(&self, from: Price, to: Price) -> bool {
        let moved = u128::from(from.0.abs_diff(to.0)) * 10_000;
        moved >= u128::from(from.0) * u128::from(self.moved_bps)
    }
}

#[cfg(test)]
#[path = "need_tests.rs"]
mod tests;
