//! Random walks through the compiled program.
//!
//! A seeded generator plays valid and invalid instructions of every kind, with prices that jump,
//! time that passes and chains that stand still. A model written with `holdfast_risk` alone
//! predicts every step: the program must refuse for the same reason, or come to the same state to
//! the last unit (`model`, `read`). After each step all sums over accounts, pools and vaults must
//! add up, nobody safe may have become liquidatable by another's act, and a second silo must not
//! have changed a byte (`check`, `walk`). In the end everyone leaves (`exit`).
//!
//! A failure names its seed, step and action; seeds are constants, so it fails again. `cargo xtask
//! seeds` plays the same walks with other seeds, by adding a number to each.

mod action;
mod agreement;
mod build;
mod cast;
mod check;
mod exit;
mod generate;
mod model;
mod read;
mod state;
mod tally;
mod walk;

use agreement::Agreement;
use walk::Walk;

/// Steps of a walk.
const STEPS: u32 = 6_000;
/// Steps of a walk after which keeper and program are compared.
const AGREEMENT_STEPS: u32 = 2_000;
/// What each liquidity provider owns, native units.
const RICH: u64 = 4_000_000_000_000;
/// Little enough that profits and bad debt exhaust the pool.
const POOR: u64 = 250_000_000_000;

/// The environment variable with the number that is added to every seed.
const OFFSET: &str = "HOLDFAST_WALK_OFFSET";

fn walk(seed: u64, liquidity: u64) {
    let offset = std::env::var(OFFSET).map_or(0, |text| text.parse().expect("a number"));
    let seed = seed + offset;
    let mut walk = Walk::new(seed, liquidity);
    let started = std::time::Instant::now();
    walk.play(STEPS);
    println!("{:.0} steps a second", f64::from(STEPS) / started.elapsed().as_secs_f64());
    println!("{}", walk.tally);
    println!("{} steps with debt", walk.owing);
    // Not every seed leads everywhere; these do.
    if offset == 0 {
        walk.tally.check();
        assert!(walk.owing > 0, "somebody owed what other positions could pay");
    }
    // Exits have to work from wherever the walk ended, and right after a halt.
    if seed % 2 == 1 {
        walk.halt();
    }
    walk.exit();
}

/// Keeper and program are compared after every step of a walk.
fn disagreements(seed: u64, liquidity: u64, steps: u32) {
    let mut walk = Walk::new(seed, liquidity);
    let mut agreement = Agreement::new(&mut walk);
    for _ in 0..steps {
        walk.play(1);
        agreement.look(&walk);
    }
    println!("{agreement}");
    agreement.check();
}

#[test]
fn the_keeper_wants_what_the_program_accepts_and_nothing_else() {
    disagreements(3, POOR, AGREEMENT_STEPS);
}

#[test]
fn a_venue_with_much_liquidity() {
    walk(1, RICH);
}

#[test]
fn another_venue_with_much_liquidity() {
    walk(7, RICH);
}

#[test]
fn a_venue_with_little_liquidity() {
    walk(3, POOR);
}

#[test]
fn another_venue_with_little_liquidity() {
    walk(4, POOR);
}
