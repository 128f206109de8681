//! The true price, second by second, and what the feed shows of it.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// Where both markets begin, millionths.
pub const FIRST: [u64; 2] = [100_000_000, 1_000_000_000];
/// Seconds that a course covers.
pub const SECONDS: usize = 150;
/// How far back a tick can still be posted, seconds.
pub const MEMORY: usize = 30;

/// Farthest a course goes from where it begins, basis points: less than the band around the slow
/// reference price and less than the initial margin, so that no true move is disbelieved and none
/// takes more than an account has.
const FARTHEST: f64 = 950.0;

/// What the market does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Wanders: drifts that change every ten seconds or so, about ±60 basis points in half a
    /// minute, and hardly more than six in a second.
    Wander,
    /// Wanders, and falls or rises by a few percent within some ten seconds.
    Leap,
    /// Falls or rises until a position at full leverage is near its maintenance margin, and wanders
    /// there.
    Edge,
}

/// True prices of both markets, millionths, one a second.
#[derive(Clone, Debug)]
pub struct Course {
    prices: Vec<[u64; 2]>,
}

impl Course {
    /// The course of a shape that a seed draws.
    pub fn draw(shape: Shape, seed: u64) -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let mut drift = 0.0_f64;
        let (leaps_at, leap) = leap(shape, &mut random);
        let mut log = [0.0_f64; 2];
        let mut prices = Vec::with_capacity(SECONDS);
        for second in 0..SECONDS {
            prices.push([0, 1].map(|market| price(market, log[market])));
            let mut noise = || (0..4).map(|_| random.random_range(-0.5..0.5_f64)).sum::<f64>();
            drift = drift * 0.9 + 2.2 * noise();
            let mut step = drift + noise();
            if (leaps_at..leaps_at + 10).contains(&second) {
                step += leap / 10.0;
            }
            log[0] = (log[0] + step).clamp(-FARTHEST, FARTHEST);
            log[1] = (log[1] + step * 0.6 + noise()).clamp(-FARTHEST, FARTHEST);
        }
        Self { prices }
    }

    /// A stretch of a track that a seed draws, its moves taken from the beginning of the stretch, and
    /// the small wandering that candles do not tell of on top.
    pub fn along(track: &Track, seed: u64) -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let last = track.prices.len().saturating_sub(SECONDS);
        let begins =
            if random.random_bool(0.5) { track.liveliest } else { random.random_range(0..=last) };
        let wander = Self::draw(Shape::Wander, random.random());
        let first = track.prices[begins.min(track.prices.len() - 1)];
        let prices = (0..SECONDS).map(|second| {
            let at = (begins + second).min(track.prices.len() - 1);
            let moved = basis_points(first, track.prices[at]);
            [0, 1].map(|market| {
                let own = if market == 0 { moved } else { moved * 0.6 };
                let small = basis_points(FIRST[market], wander.price(market, second)) / 4.0;
                price(market, (own + small).clamp(-FARTHEST, FARTHEST))
            })
        });
        Self { prices: prices.collect() }
    }

    /// The true price of a market, millionths.
    pub fn price(&self, market: usize, second: usize) -> u64 {
        self.prices[second.min(SECONDS - 1)][market]
    }
}

/// Prices of a scenario, one a second, to take courses from.
#[derive(Clone, Debug)]
pub struct Track {
    prices: Vec<u64>,
    /// Where the stretch begins in which the price moves most.
    liveliest: usize,
}

impl Track {
    /// Of prices, millionths, one a second; `None` where there are fewer than a course has.
    pub fn new(prices: Vec<u64>) -> Option<Self> {
        let moved = |begins: &usize| {
            let stretch = &prices[*begins..begins + SECONDS];
            let (low, high) = (stretch.iter().min(), stretch.iter().max());
            low.zip(high).map_or(0, |(low, high)| (high - low) * 1_000_000 / (*low).max(1))
        };
        let last = prices.len().checked_sub(SECONDS)?;
        let liveliest = (0..=last).step_by(10).max_by_key(moved)?;
        Some(Self { prices, liveliest })
    }
}

/// How far a price is from another, basis points.
#[expect(clippy::cast_precision_loss, reason = "prices below a million dollars")]
fn basis_points(from: u64, to: u64) -> f64 {
    (to as f64 / from.max(1) as f64 - 1.0) * 10_000.0
}

/// When a leap begins, and how far it goes, basis points.
fn leap(shape: Shape, random: &mut ChaCha20Rng) -> (usize, f64) {
    let at = random.random_range(15..45);
    let sign = if random.random_bool(0.5) { 1.0 } else { -1.0 };
    match shape {
        Shape::Wander => (at, 0.0),
        Shape::Leap => (at, sign * random.random_range(200.0..500.0)),
        Shape::Edge => (at, sign * random.random_range(550.0..750.0)),
    }
}

/// The price a number of basis points away from the beginning.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "prices of a hundred and a thousand dollars, moved by percents"
)]
fn price(market: usize, moved: f64) -> u64 {
    (FIRST[market] as f64 * (1.0 + moved / 10_000.0)).round() as u64
}

#[cfg(test)]
#[path = "course_tests.rs"]
mod tests;
