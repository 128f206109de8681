//! The population: who holds what, and how people react when it gets tight.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha20Rng;

use super::queue::Class;

/// What the usual preset asks of an opening, initial margin and penalty.
const USUAL_BPS: u64 = 1_150;
/// Leverage of open positions, tenths: most are modest, and a few as high as initial margin allows.
const LEVERAGES: [u64; 10] = [12, 18, 25, 32, 40, 48, 56, 64, 72, 82];
/// One in this many tops up when it gets tight.
const CAREFUL: f64 = 0.5;
/// One in this many closes everything instead, when it gets tighter still.
const NERVOUS: f64 = 0.15;
/// One in this many leaves at a time of their own.
const LEAVING: f64 = 0.2;
/// Three in four are long, as before crashes.
const LONG: f64 = 0.75;
/// One in this many pays for priority.
const PAYS: f64 = 0.4;
/// What people react in, milliseconds: bots at once, most in a minute, some too late.
const REACTIONS_MS: [u64; 6] = [500, 5_000, 15_000, 30_000, 60_000, 180_000];

/// Somebody with a margin account.
#[derive(Clone, Debug)]
pub struct Person {
    /// Collateral, native units.
    pub collateral: u64,
    /// Borrowing, tenths of the collateral.
    pub leverage_tenths: u64,
    /// Which market the first position is in; a second one follows in the next.
    pub market: usize,
    /// Whether there is a second one, of half the size, where there are several markets.
    pub second: bool,
    /// Whether long.
    pub long: bool,
    /// Whether this one adds margin when it gets tight.
    pub careful: bool,
    /// Whether this one closes everything when it gets tighter still.
    pub nervous: bool,
    /// When this one leaves whatever happens, in thousandths of the path.
    pub leaves: Option<u64>,
    /// From seeing to sending, milliseconds.
    pub reaction_ms: u64,
    /// What this one pays for a place in a block.
    pub class: Class,
}

impl Person {
    /// Somebody, drawn.
    pub fn draw(markets: usize, random: &mut ChaCha20Rng) -> Self {
        Self {
            collateral: random.random_range(500..20_000_u64) * 1_000_000,
            leverage_tenths: *LEVERAGES.choose(random).unwrap_or(&20),
            market: random.random_range(0..markets),
            second: random.random_bool(0.25),
            long: random.random_bool(LONG),
            careful: random.random_bool(CAREFUL),
            nervous: random.random_bool(NERVOUS),
            leaves: random.random_bool(LEAVING).then(|| random.random_range(0..1_000)),
            reaction_ms: *REACTIONS_MS.choose(random).unwrap_or(&30_000),
            class: if random.random_bool(PAYS) { Class::Paying } else { Class::Plain },
        }
    }

    /// Positions by market, in native units' worth, long when positive. Where margin is asked of
    /// other than the usual share, people borrow more or less in proportion.
    pub fn positions(&self, markets: usize, asked_bps: u64) -> Vec<(usize, i128)> {
        let usual = i128::from(self.collateral) * i128::from(self.leverage_tenths) / 10;
        let worth = usual * i128::from(USUAL_BPS) / i128::from(asked_bps.max(1));
        let worth = if self.long { worth } else { -worth };
        if self.second && markets > 1 {
            let other = (self.market + 1) % markets;
            return vec![(self.market, worth * 2 / 3), (other, worth / 3)];
        }
        vec![(self.market, worth)]
    }
}
