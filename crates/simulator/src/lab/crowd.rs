//! Everybody in a scenario.

use rand_chacha::ChaCha20Rng;

use super::book::Funds;
use super::makers::Maker;
use super::people::Person;
use super::providers::Provider;

/// One maker for this many people, and no fewer than two.
const PEOPLE_A_MAKER: usize = 20;
/// One provider of liquidity for this many people, and no fewer than two.
const PEOPLE_A_PROVIDER: usize = 10;
/// The fewest of each.
const FEWEST: usize = 2;

/// Everybody. In the books people's accounts come first, then makers'.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// Traders.
    pub people: Vec<Person>,
    /// Those who quote.
    pub makers: Vec<Maker>,
    /// Those who provide liquidity for a while.
    pub providers: Vec<Provider>,
}

impl Crowd {
    /// Draws this many people and those who come with them.
    pub fn draw(people: usize, markets: usize, random: &mut ChaCha20Rng) -> Self {
        let makers = people.div_ceil(PEOPLE_A_MAKER).max(FEWEST);
        let providers = people.div_ceil(PEOPLE_A_PROVIDER).max(FEWEST);
        Self {
            people: (0..people).map(|_| Person::draw(markets, random)).collect(),
            makers: (0..makers).map(|_| Maker::draw(markets, random)).collect(),
            providers: (0..providers).map(|_| Provider::draw(random)).collect(),
        }
    }

    /// What they bring, in the order of the books.
    pub fn funds(&self) -> Funds {
        let people = self.people.iter().map(|person| person.collateral);
        Funds {
            collateral: people.chain(self.makers.iter().map(|maker| maker.collateral)).collect(),
            stakes: self.providers.iter().map(|provider| provider.amount).collect(),
        }
    }
}
