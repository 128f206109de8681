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

    /// The true price of a market, millionths.
    pub fn price(&self, market: usize, second: usize) -> u64 {
        self.prices[second.min(SECONDS - 1)][market]
    }
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
