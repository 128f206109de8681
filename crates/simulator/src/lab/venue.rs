//! A venue under one policy, as the lab plays it.

use holdfast_risk::market::reading::Quote;
use holdfast_testkit::chain::Chain;
use serde::Serialize;

use super::book::Book;
use super::makers::MakerOrder;

/// Feeds of a market.
pub const FEEDS: usize = 3;
/// Confidence of a feed that is well, as a share of the price.
pub const CONFIDENCE: u64 = 5_000;

/// How careful a venue is: what it keeps people from doing now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caution {
    /// Everything goes.
    #[default]
    Open,
    /// Opening costs more or is capped.
    Careful,
    /// Nobody opens.
    NoOpening,
    /// Nobody opens and liquidations are bounded.
    Bounded,
    /// Nothing but exits and margin, or not even these.
    Shut,
}

/// A liquidation that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidation {
    /// Whose account.
    pub who: usize,
    /// Which market's position.
    pub market: usize,
    /// Price, millionths.
    pub price: u64,
    /// When that price was published, milliseconds.
    pub published_ms: u64,
    /// Size closed, millionths.
    pub closed: u64,
    /// What the account could not pay, native units.
    pub bad_debt: u64,
    /// What insurance paid of it.
    pub insured: u64,
    /// The liquidator's reward.
    pub reward: u64,
    /// Whether nothing of the position is left.
    pub whole: bool,
}

/// A venue under one policy. Whatever is refused leaves it as it was.
pub trait Venue {
    /// The books.
    fn book(&self) -> &Book;
    /// Time has passed on the chain.
    fn pass(&mut self, chain: &Chain);
    /// What feeds published lands, by market; `None` is a feed of which nothing lands.
    fn post(&mut self, chain: &Chain, quotes: &[Vec<Option<Quote>>]);
    /// Keepers do what they can.
    fn keep(&mut self, chain: &Chain) -> Vec<Liquidation>;
    /// Margin is added; whether the venue took it.
    fn deposit(&mut self, chain: &Chain, who: usize, amount: u64) -> bool;
    /// Somebody asks to close everything; whether the venue took the request.
    fn ask_exit(&mut self, chain: &Chain, who: usize) -> bool;
    /// A maker trades, at no worse than its limit; whether the venue took the request.
    fn quote(&mut self, chain: &Chain, who: usize, order: &MakerOrder) -> bool;
    /// A stake asks to join the liquidity pool with all it has, or to leave it; whether the venue took
    /// the request.
    fn ask_pool(&mut self, chain: &Chain, place: usize, leaves: bool) -> bool;
    /// What the venue keeps people from doing now.
    fn caution(&self, chain: &Chain) -> Caution;
    /// Where a taker who trades now, knowing the true price, is filled: the difference is theirs.
    /// `None` where nobody can be filled at a price that is known already.
    fn known_price(&self, chain: &Chain, market: usize) -> Option<u64>;
    /// What the venue has done that it must not do; the others are models and promise nothing.
    fn broken(&self) -> Option<&str> {
        None
    }
    /// How often it went back to such a copy.
    fn forks(&self) -> u64 {
        0
    }
    /// A copy, to go back to when blocks vanish.
    fn fork(&self) -> Box<dyn Venue>;
}
