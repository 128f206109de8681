//! Providers of liquidity who come and leave.

use rand::Rng;
use rand_chacha::ChaCha20Rng;

use super::book::Book;

/// One in this many is there from the beginning.
const EARLY: f64 = 0.5;
/// One in this many leaves at a time of their own.
const LEAVING: f64 = 0.5;
/// One in this many leaves once the price has moved by as much as frightens them.
const FEARFUL: f64 = 0.4;

/// Somebody who provides liquidity for a while.
#[derive(Clone, Debug)]
pub struct Provider {
    /// What they bring, native units.
    pub amount: u64,
    /// When they come, in thousandths of the path.
    pub comes: u64,
    /// When they leave, likewise.
    pub leaves: Option<u64>,
    /// Which move of the first price since the beginning makes them leave, millionths.
    pub fears_ppm: Option<u64>,
}

impl Provider {
    /// Somebody, drawn.
    pub fn draw(random: &mut ChaCha20Rng) -> Self {
        let comes = if random.random_bool(EARLY) { 0 } else { random.random_range(0..600) };
        Self {
            amount: random.random_range(50_000..1_000_000_u64) * 1_000_000,
            comes,
            leaves: random.random_bool(LEAVING).then(|| random.random_range(comes + 100..1_000)),
            fears_ppm: random.random_bool(FEARFUL).then(|| random.random_range(40_000..150_000)),
        }
    }
}

/// What providers have decided.
#[derive(Clone, Debug)]
pub struct Providers<'a> {
    providers: &'a [Provider],
    first_price: u64,
    /// Who wants out.
    wants_out: Vec<bool>,
}

impl<'a> Providers<'a> {
    /// Nobody has come yet.
    pub fn new(providers: &'a [Provider], prices: &[u64]) -> Self {
        let first_price = prices.first().copied().unwrap_or(1).max(1);
        Self { providers, first_price, wants_out: vec![false; providers.len()] }
    }

    /// Who sends a request now, `passed` thousandths into the path: whose place, and whether it
    /// leaves. `is_sending` says whose last request is still on its way.
    pub fn decide(
        &mut self,
        book: &Book,
        prices: &[u64],
        passed: u64,
        is_sending: impl Fn(usize) -> bool,
    ) -> Vec<(usize, bool)> {
        let moved = prices[0].abs_diff(self.first_price) * 1_000_000 / self.first_price;
        let mut sends = Vec::new();
        for (place, provider) in self.providers.iter().enumerate() {
            let stake = &book.stakes[place];
            let fears = provider.fears_ppm.is_some_and(|fears| moved >= fears);
            let over = provider.leaves.is_some_and(|leaves| passed >= leaves);
            let out = &mut self.wants_out[place];
            *out |= fears || over;
            if stake.request.is_some() || is_sending(place) {
                continue;
            }
            if *out && stake.shares > 0 {
                sends.push((place, true));
            } else if !*out && passed >= provider.comes && stake.wallet > 0 {
                sends.push((place, false));
            }
        }
        sends
    }
}

#[cfg(test)]
#[path = "providers_tests.rs"]
mod tests;
