//! One price out of several feeds.

use core::cmp::Reverse;

use crate::market::price::PricePoint;
use crate::math::Rounding;
use crate::units::{Bps, Millis, Price};

/// Feeds a market can have.
pub const MAX_FEEDS: usize = 5;

/// The newest reading of a feed that a market stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedReading {
    /// The price.
    pub price: Price,
    /// When the provider published it; zero before the first.
    pub published: Millis,
}

/// How readings become a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregationParams {
    /// Readings that have to agree: more than half of the feeds, so that whatever else takes part,
    /// the median lies among them.
    pub quorum: u8,
    /// A reading further than this from the median is dropped.
    pub divergence: Bps,
    /// Older readings do not count.
    pub age: Millis,
}

/// Why there is no price now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NoPrice {
    /// Fewer fresh readings than the quorum.
    TooFew = 1,
    /// Too few of the fresh readings agree.
    Diverging = 2,
    /// The readings say nothing newer than the last price.
    NotNewer = 3,
}

/// A price with who took part in it: bit `i` for feed `i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// The price.
    pub point: PricePoint,
    /// Feeds whose reading took part.
    pub taking_part: u8,
    /// Fresh readings dropped because they diverge.
    pub outliers: u8,
}

/// Whether `quorum` fits feeds of these providers: more than half of them, so that a median never
/// leaves it, and more than any one provider has, unless there is only one feed.
pub fn quorum_fits(providers: &[u8], quorum: u8) -> bool {
    let (feeds, quorum) = (providers.len(), usize::from(quorum));
    let of = |provider: &u8| providers.iter().filter(|other| *other == provider).count();
    let most = providers.iter().map(of).max().unwrap_or_default();
    let by_several = feeds == 1 || most < quorum;
    feeds <= MAX_FEEDS && quorum <= feeds && quorum > feeds / 2 && by_several
}

/// The price that `readings` (one per feed) give at `now`, after the chain's last break at `last_disruption`
/// and a last price published at `previous`.
///
/// Fresh readings further than the divergence from their median are dropped; the median of the rest
/// is the price while they are a quorum. Its publish time is the quorum-newest among them: a quorum
/// was published no earlier, and a median never leaves the range of a majority.
///
/// # Errors
/// The reason why there is none.
pub fn aggregate(
    readings: &[FeedReading],
    panel: AggregationParams,
    last_disruption: Millis,
    now: Millis,
    previous: Millis,
) -> Result<Aggregate, NoPrice> {
    let is_fresh = |reading: &FeedReading| {
        reading.price.0 != 0
            && reading.published >= last_disruption
            && now.since(reading.published) <= panel.age
    };
    let fresh = Selection::new(readings, is_fresh);
    let all = fresh.feeds;
    let centre = fresh.median(panel.quorum).ok_or(NoPrice::TooFew)?.middle();
    let widest = centre.portion(panel.divergence, Rounding::Down).unwrap_or_default().0;
    let agreeing = if fresh.all_within(centre, widest) {
        fresh
    } else {
        let near = |reading: &FeedReading| reading.price.0.abs_diff(centre.0) <= widest;
        Selection::new(readings, |reading| is_fresh(reading) && near(reading))
    };
    let point = agreeing.median(panel.quorum).ok_or(NoPrice::Diverging)?;
    if point.published <= previous {
        return Err(NoPrice::NotNewer);
    }
    let taking_part = agreeing.feeds;
    Ok(Aggregate { point, taking_part, outliers: all & !taking_part })
}

/// Some of a market's readings.
struct Selection {
    /// Their prices, rising.
    prices: [Price; MAX_FEEDS],
    /// Their publish times, newest first.
    published: [Reverse<Millis>; MAX_FEEDS],
    count: usize,
    /// A bit per feed.
    feeds: u8,
}

impl Selection {
    fn new(readings: &[FeedReading], counts: impl Fn(&FeedReading) -> bool) -> Self {
        let mut chosen = Self {
            prices: [Price(u64::MAX); MAX_FEEDS],
            published: [Reverse(Millis(0)); MAX_FEEDS],
            count: 0,
            feeds: 0,
        };
        let mut slots = chosen.prices.iter_mut().zip(&mut chosen.published);
        for (reading, bit) in readings.iter().zip([1_u8, 2, 4, 8, 16]) {
            if !counts(reading) {
                continue;
            }
            let Some((price, published)) = slots.next() else { break };
            (*price, *published) = (reading.price, Reverse(reading.published));
            chosen.count = chosen.count.saturating_add(1);
            chosen.feeds |= bit;
        }
        if let Some(prices) = chosen.prices.get_mut(..chosen.count) {
            prices.sort_unstable();
        }
        if let Some(published) = chosen.published.get_mut(..chosen.count) {
            published.sort_unstable();
        }
        chosen
    }

    /// Whether none is further than this from a price.
    fn all_within(&self, centre: Price, widest: u64) -> bool {
        let mut prices = self.prices.iter().take(self.count);
        prices.all(|price| price.0.abs_diff(centre.0) <= widest)
    }

    /// The median, with the time at which `quorum` of them were published; `None` when they are
    /// fewer than that.
    fn median(&self, quorum: u8) -> Option<PricePoint> {
        let newest_quorum = usize::from(quorum).checked_sub(1)?;
        if self.count <= newest_quorum {
            return None;
        }
        let Reverse(published) = *self.published.get(newest_quorum)?;
        let low = *self.prices.get(self.count.checked_sub(1)? / 2)?;
        let high = *self.prices.get(self.count / 2)?;
        Some(PricePoint { published, low, high })
    }
}

#[cfg(test)]
#[path = "aggregate_tests.rs"]
mod tests;
