//! Whether everybody can leave from where a scenario ended.

use holdfast_risk::Price;
use holdfast_risk::market::reading::Quote;
use holdfast_testkit::chain::Chain;

use super::hands::whole_seconds;
use super::venue::{CONFIDENCE, FEEDS, Venue};

/// How often prices land meanwhile.
const STEP_MS: u64 = 6_000;
/// Longer than a price outside the band, a grace and what is on its way take together.
const PATIENCE_MS: u64 = 1_800_000;

/// Where a scenario ended.
pub struct Ended {
    /// The chain.
    pub chain: Chain,
    /// The venue on it.
    pub venue: Box<dyn Venue>,
    /// True prices, which stay.
    pub prices: Vec<u64>,
}

impl Ended {
    /// Everybody asks to close everything on a chain and with feeds that are well from now on.
    ///
    /// # Errors
    /// Who still holds a position after half an hour.
    pub fn everybody_leaves(mut self) -> Result<(), String> {
        let until = self.chain.now_ms() + PATIENCE_MS;
        while self.chain.now_ms() < until {
            let pace = self.chain.healthy();
            self.chain.run(STEP_MS, pace);
            self.venue.pass(&self.chain);
            let published = whole_seconds(self.chain.now_ms() - pace.slot_ms);
            let quote = |price: &u64| {
                let confidence = Price(price / CONFIDENCE);
                vec![Some(Quote { price: Price(*price), confidence, published }); FEEDS]
            };
            let quotes: Vec<_> = self.prices.iter().map(quote).collect();
            self.venue.post(&self.chain, &quotes);
            self.venue.keep(&self.chain);
            let held = self.held();
            if held.is_empty() {
                return Ok(());
            }
            for who in held {
                self.venue.ask_exit(&self.chain, who);
            }
        }
        let held = self.held();
        Err(format!("an invariant is broken: accounts {held:?} cannot leave"))
    }

    fn held(&self) -> Vec<usize> {
        let accounts = self.venue.book().accounts.iter().enumerate();
        accounts.filter(|(_, account)| account.open_markets != 0).map(|(who, _)| who).collect()
    }
}
