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
mod exceptions;
mod exit;
mod generate;
mod model;
mod play;
mod read;
mod state;
mod tally;
mod walk;

use std::collections::BTreeMap;

use action::Kind;
use play::{POOR, RICH, disagreements, walk};

/// Steps of a walk.
const STEPS: u32 = 8_000;
/// Steps of a walk after each of which keeper and program are compared.
const AGREEMENT_STEPS: u32 = 10_000;

/// A walk of which no kind of action is mostly refused, and in which somebody owes and fails: others check
/// less than they seem to.
fn well_mixed(seed: u64, liquidity: u64) {
    let played = walk(seed, liquidity, STEPS);
    check_mix(&played.tally.0);
    assert!(played.owing > 0, "somebody owed what other positions could pay");
    assert!(played.remedied > 0, "somebody failed and could be acted on");
}

/// No kind of action is mostly refused, but for those that should be.
fn check_mix(tally: &BTreeMap<Kind, (u32, u32)>) {
    for (kind, (accepted, refused)) in tally {
        let total = accepted + refused;
        if matches!(kind, Kind::Foreign | Kind::Trip) {
            assert_eq!(*accepted, 0, "nobody else's accounts are accepted, and no books break");
            continue;
        }
        // Hardly anybody owes so much, and guardians have four blows a month.
        if matches!(kind, Kind::WriteOff | Kind::Blow) {
            continue;
        }
        let share = match kind {
            // There is not always someone to liquidate.
            Kind::Flag | Kind::Liquidate => 60,
            // Every market's prices have to have borne one another out since, and insurance waits a day.
            Kind::ExecuteRequest => 40,
            _ => 10,
        };
        assert!(accepted * share >= total, "{kind:?}: {accepted} of {total} accepted");
        assert!(*accepted >= 5, "{kind:?}: only {accepted} accepted");
    }
    assert_eq!(tally.len(), 26, "every kind was drawn");
}

#[test]
fn a_venue_with_much_liquidity() {
    well_mixed(45, RICH);
}

#[test]
fn another_venue_with_much_liquidity() {
    well_mixed(62, RICH);
}

#[test]
fn a_venue_with_little_liquidity() {
    well_mixed(53, POOR);
}

#[test]
fn another_venue_with_little_liquidity() {
    well_mixed(31, POOR);
}

#[test]
fn with_little_liquidity_the_keeper_wants_what_the_program_accepts_and_nothing_else() {
    disagreements(31, POOR, AGREEMENT_STEPS);
}

#[test]
fn with_much_liquidity_the_keeper_wants_what_the_program_accepts_and_nothing_else() {
    disagreements(43, RICH, AGREEMENT_STEPS);
}
