//! How prices move.

use std::sync::Arc;

use holdfast_testkit::path::{Bar, Tick, ticks};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Prices of a replay are this far apart at most.
const REPLAY_STEP_MS: u64 = 1_000;
/// How often a random walk takes a step.
const WALK_STEP_MS: u64 = 1_000;
/// Steps of a random walk in a year.
const STEPS_A_YEAR: f64 = 365.25 * 86_400.0;
/// A random walk ends at this factor up or down (a natural logarithm: a hundred).
const FARTHEST: f64 = 4.605;

/// How the prices of all feeds move, each from its own first price.
#[derive(Clone, Debug)]
pub enum Motion {
    /// Not at all.
    Still,
    /// As recorded: every feed rises and falls by the same shares. After the end the last price
    /// stays.
    Replay(Vec<Bar>),
    /// At random: the same from the same seed, every feed by itself.
    Walk {
        /// Where the randomness begins.
        seed: u64,
        /// Volatility of a year: 0.8 is 80 %.
        volatility: f64,
    },
}

impl Motion {
    /// The path of each of these first prices, millionths.
    pub fn paths(self, starts: &[u64]) -> Vec<Path> {
        let moves: Vec<Moves> = match self {
            Self::Still => starts.iter().map(|_| Moves::None).collect(),
            Self::Replay(bars) => {
                let ticks: Arc<[Tick]> = ticks(&bars, REPLAY_STEP_MS).into();
                starts.iter().map(|_| Moves::Replay(Arc::clone(&ticks))).collect()
            }
            Self::Walk { seed, volatility } => (0_u64..)
                .zip(starts)
                .map(|(stream, _)| Moves::Walk(Box::new(Walk::new(seed, stream, volatility))))
                .collect(),
        };
        starts.iter().zip(moves).map(|(start, moves)| Path { start: *start, moves }).collect()
    }
}

/// One feed's prices.
#[derive(Debug)]
pub struct Path {
    start: u64,
    moves: Moves,
}

#[derive(Debug)]
enum Moves {
    None,
    Replay(Arc<[Tick]>),
    Walk(Box<Walk>),
}

impl Path {
    /// The price (millionths) `at_ms` after the beginning. Time only goes forward: a walk does not
    /// return.
    pub fn price(&mut self, at_ms: u64) -> u64 {
        match &mut self.moves {
            Moves::None => self.start,
            Moves::Replay(ticks) => replayed(ticks, at_ms, self.start),
            Moves::Walk(walk) => scaled(self.start, walk.factor(at_ms)),
        }
    }
}

fn replayed(ticks: &[Tick], at_ms: u64, start: u64) -> u64 {
    let Some(first) = ticks.first() else { return start };
    let at_ms = first.at_ms.saturating_add(at_ms);
    let past = ticks.partition_point(|tick| tick.at_ms <= at_ms);
    let now = ticks.get(past.saturating_sub(1)).unwrap_or(first);
    let price = u128::from(start) * u128::from(now.price) / u128::from(first.price.max(1));
    u64::try_from(price).unwrap_or(u64::MAX)
}

/// A random walk of the price's logarithm.
#[derive(Debug)]
struct Walk {
    random: ChaCha8Rng,
    /// The farthest that a step goes: steps are uniform.
    step: f64,
    taken: u64,
    at: f64,
}

impl Walk {
    fn new(seed: u64, stream: u64, volatility: f64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        // The variance of a uniform step is a third of its square.
        let step = volatility * (3.0 / STEPS_A_YEAR).sqrt();
        Self { random, step, taken: 0, at: 0.0 }
    }

    fn factor(&mut self, at_ms: u64) -> f64 {
        while self.taken < at_ms / WALK_STEP_MS {
            self.taken += 1;
            let way = self.random.random_range(-1.0..=1.0) * self.step;
            self.at = (self.at + way).clamp(-FARTHEST, FARTHEST);
        }
        self.at.exp()
    }
}

/// A price times a factor, to the nearest and at least one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "prices for tests; the cast saturates"
)]
pub(super) fn scaled(price: u64, factor: f64) -> u64 {
    ((price as f64 * factor).round() as u64).max(1)
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
