//! Random walks through the compiled program.
//!
//! A seeded generator plays valid and invalid instructions of every kind, with prices that jump,
//! time that passes and chains that stand still. A model written with `holdfast_risk` alone
//! predicts every step: the program must refuse for the same reason, or come to the same state to
//! the last unit (`model`, `read`). After each step all sums over accounts, pools and vaults must
//! add up, nobody safe may have become liquidatable by another's act, anybody can act on whoever
//! fails, and a second silo must not have changed a byte (`check`, `walk`). In the end everyone leaves (`exit`). In another walk the
//! keeper's decisions are compared with what the program accepts (`agreement`).
//!
//! A failure names its seed, step and action; seeds are constants, so it fails again. Longer walks
//! than fit into the tests are played by the example `walk_long`.

mod action;
mod agreement;
mod build;
mod cast;
mod check;
mod corners;
mod exit;
mod generate;
mod model;
mod play;
mod read;
mod state;
mod tally;
mod walk;

use play::{POOR, RICH, disagreements, walk};

/// Steps of a walk.
const STEPS: u32 = 8_000;
/// Steps of a walk after which keeper and program are compared.
const AGREEMENT_STEPS: u32 = 2_000;

#[test]
fn a_venue_with_much_liquidity() {
    walk(9, RICH, STEPS);
}

#[test]
fn another_venue_with_much_liquidity() {
    walk(7, RICH, STEPS);
}

#[test]
fn a_venue_with_little_liquidity() {
    walk(3, POOR, STEPS);
}

#[test]
fn another_venue_with_little_liquidity() {
    walk(4, POOR, STEPS);
}

#[test]
fn the_keeper_wants_what_the_program_accepts_and_nothing_else() {
    disagreements(3, POOR, AGREEMENT_STEPS);
}
