//! Makers: they take the side that the crowd is not on and hedge it elsewhere, for as long as what
//! they earn covers what the price can do until they are filled.

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_risk::market::volatility::Volatility;
use holdfast_risk::{Millis, Overflow, Price};
use rand::Rng;
use rand_chacha::ChaCha20Rng;

use super::book::Book;

/// How often a maker looks.
const LOOKS_MS: u64 = 15_000;
/// From a request until the venue fills it, once it has landed.
const FILLS_MS: u64 = 2_000;
/// Standard deviations of the price, while a request is on its way, that a maker wants to be paid for.
const DEVIATIONS: u64 = 2;
/// What a maker's positions are worth at the most, in times its margin.
const LEVERAGE: u64 = 3;
/// Changes below this part of a maker's largest position are not worth a trade.
const LEAST_PART: i128 = 20;

/// Somebody who quotes.
#[derive(Clone, Debug)]
pub struct Maker {
    /// Margin, native units.
    pub collateral: u64,
    /// Which market.
    pub market: usize,
    /// What it earns on a trade, millionths: it quotes while latency costs less.
    pub edge_ppm: u64,
}

impl Maker {
    /// Somebody, drawn.
    pub fn draw(markets: usize, random: &mut ChaCha20Rng) -> Self {
        Self {
            collateral: random.random_range(50_000..250_000_u64) * 1_000_000,
            market: random.random_range(0..markets),
            edge_ppm: random.random_range(500..4_000),
        }
    }
}

/// What a maker sends: a size to trade, and the worst price it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MakerOrder {
    /// Which market.
    pub market: usize,
    /// Millionths of a base unit, a buy when positive.
    pub delta: i64,
    /// Millionths.
    pub limit: u64,
}

/// What makers know and have decided.
#[derive(Clone, Debug)]
pub struct Desk<'a> {
    makers: &'a [Maker],
    /// Place of the first maker's account in the books.
    first: usize,
    volatility: Vec<Volatility>,
    quotes: Vec<bool>,
    looked_ms: u64,
}

impl<'a> Desk<'a> {
    /// Makers whose accounts come in the books after those of `people`.
    pub fn new(makers: &'a [Maker], people: usize, markets: usize) -> Self {
        Self {
            makers,
            first: people,
            volatility: vec![Volatility::default(); markets],
            quotes: vec![true; makers.len()],
            looked_ms: 0,
        }
    }

    /// What makers send at the true `prices`, by account, where a request takes `lands_ms` to land.
    /// `is_sending` says whose last request is still on its way.
    ///
    /// # Errors
    /// [`Overflow`] when an amount does not fit.
    pub fn decide(
        &mut self,
        book: &Book,
        prices: &[u64],
        now_ms: u64,
        lands_ms: u64,
        is_sending: impl Fn(usize) -> bool,
    ) -> Result<Vec<(usize, MakerOrder)>, Overflow> {
        for (volatility, price) in self.volatility.iter_mut().zip(prices) {
            *volatility = volatility.observe(Millis(now_ms), Price(*price))?;
        }
        if now_ms < self.looked_ms + LOOKS_MS {
            return Ok(Vec::new());
        }
        self.looked_ms = now_ms;
        let mut sends = Vec::new();
        for (rank, maker) in self.makers.iter().enumerate() {
            let who = self.first + rank;
            let sigma = u64::from(self.volatility[maker.market].per_minute().0);
            let cost = latency_ppm(sigma, lands_ms + FILLS_MS);
            // Whoever quotes goes on until it costs twice what it earns.
            let most = if self.quotes[rank] { maker.edge_ppm * 2 } else { maker.edge_ppm };
            self.quotes[rank] = cost <= most;
            let account = &book.accounts[who];
            if is_sending(who) || account.orders.iter().any(|order| order.number != 0) {
                continue;
            }
            let wanted = if self.quotes[rank] { self.share(book, maker, prices) } else { 0 };
            sends.extend(change(maker, account, wanted, prices).map(|quote| (who, quote)));
        }
        Ok(sends)
    }

    /// How many makers quote, of how many.
    pub fn quoting(&self) -> (u64, u64) {
        let quoting = self.quotes.iter().filter(|quotes| **quotes).count();
        (quoting as u64, self.quotes.len() as u64)
    }

    /// What a maker wants to hold: its share of what the crowd's longs exceed its shorts by, on the
    /// other side, as far as its margin goes.
    fn share(&self, book: &Book, maker: &Maker, prices: &[u64]) -> i128 {
        let index = maker.market as u8;
        let crowd = book.accounts.iter().take(self.first);
        let net: i128 = crowd.map(|account| i128::from(account.position(index).size.0)).sum();
        let here = self.makers.iter().filter(|other| other.market == maker.market).count();
        let most = largest(maker, prices);
        (-net / here.max(1) as i128).clamp(-most, most)
    }
}

/// The largest size a maker holds.
fn largest(maker: &Maker, prices: &[u64]) -> i128 {
    let worth = i128::from(maker.collateral) * i128::from(LEVERAGE);
    worth * 1_000_000 / i128::from(prices[maker.market].max(1))
}

/// What has to be sent to hold `wanted`, unless it is not worth a trade. Whoever leaves takes any
/// price.
fn change(
    maker: &Maker,
    account: &MarginAccount,
    wanted: i128,
    prices: &[u64],
) -> Option<MakerOrder> {
    let held = i128::from(account.position(maker.market as u8).size.0);
    let delta = wanted - held;
    let least = (largest(maker, prices) / LEAST_PART).max(1);
    if delta == 0 || wanted != 0 && delta.abs() < least {
        return None;
    }
    let price = prices[maker.market];
    let (margin, leaves) = (price * maker.edge_ppm / 1_000_000, wanted == 0);
    let limit = match (delta > 0, leaves) {
        (true, false) => price + margin,
        (false, false) => price - margin,
        (true, true) => u64::MAX / 2,
        (false, true) => 1,
    };
    let delta = i64::try_from(delta).ok()?;
    Some(MakerOrder { market: maker.market, delta, limit })
}

/// What the price does in `ms`, at `sigma` millionths a minute, this many standard deviations of it.
fn latency_ppm(sigma: u64, ms: u64) -> u64 {
    // The root of minutes, in thousandths.
    let root = (ms.saturating_mul(1_000_000) / 60_000).isqrt();
    DEVIATIONS * sigma * root / 1_000
}

#[cfg(test)]
#[path = "makers_tests.rs"]
mod tests;
