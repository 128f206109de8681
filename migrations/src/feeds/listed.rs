//! What Pyth's list of its feeds says of those that a market names.

use holdfast_client::holdfast::oracle::Provider;
use holdfast_risk::Millis;
use holdfast_risk::market::settlement::{NO_PRICE, NOTICE};

use crate::catalogue::{Catalogue, PythFeed};
use crate::{MarketPlan, hex};

/// Without a price for this long a market can be settled.
const SETTLED_AFTER: Millis = NO_PRICE.after(NOTICE);

/// What is wrong with the feeds of a market that Pyth lists, or does not.
#[derive(Default)]
pub struct Listed {
    /// What keeps the market from having a price at all times.
    pub warnings: Vec<String>,
    /// What ends it: its feeds' market is closed for longer than it may be without a price.
    pub refusals: Vec<String>,
}

/// Feeds that are retired, and those whose market closes.
pub fn of_market(catalogue: &Catalogue, market: &MarketPlan) -> Listed {
    let mut said = Listed::default();
    let of_pyth = |provider: u8| provider == Provider::PythPull as u8;
    for source in market.feeds.sources.iter().filter(|source| of_pyth(source.provider)) {
        match catalogue.feed(&source.id) {
            Some(feed) => said.closings(feed, market),
            None => said.warnings.push(format!(
                "Pyth lists no feed {}: it was retired, or its id is mistyped",
                hex::write(&source.id)
            )),
        }
    }
    said
}

impl Listed {
    /// What it means that a feed's market is closed for a while.
    fn closings(&mut self, feed: &PythFeed, market: &MarketPlan) {
        let Some(closings) = feed.closings else { return };
        let (symbol, week, holiday) = (&feed.symbol, hours(closings.week), hours(closings.holiday));
        let after = hours(SETTLED_AFTER);
        if closings.week >= SETTLED_AFTER {
            self.refusals.push(format!(
                "{symbol} is closed for {week} hours at a time, and a market without a price for {after} hours is \
                 settled, which closes all positions: list a feed that trades at all hours"
            ));
        } else if closings.holiday >= SETTLED_AFTER {
            self.warnings.push(format!(
                "{symbol} is closed for {week} hours at a time and, around holidays, for up to {holiday}: a market \
                 without a price for {after} hours is settled, which closes all positions"
            ));
        } else if closings.week.0 > market.terms.age_ms {
            self.warnings.push(format!(
                "{symbol} is closed for up to {week} hours at a time, {holiday} around holidays: meanwhile the \
                 market has no price, nothing is executed or liquidated, and whoever holds a position waits"
            ));
        }
    }
}

/// Whole hours, rounded up.
const fn hours(time: Millis) -> u64 {
    time.0.div_ceil(Millis::HOUR.0)
}
