//! Searches that take hours: with many seeds, and with the source changed.

use std::process::Command;

use crate::command::{root, show};
use crate::{sbpf, setup, simulate};

/// What a walk adds to its seeds; read by tests/walk.
const WALK_OFFSET: &str = "HOLDFAST_WALK_OFFSET";

/// Rounds take seeds this far apart.
const STRIDE: u64 = 1_000;

/// Source whose every line a test should need.
const MUTATED: [&str; 2] = ["crates/risk/src/**/*.rs", "programs/holdfast/src/checks/**/*.rs"];

/// Packages whose tests run, on this machine, what is mutated.
const TESTED: [&str; 3] = ["holdfast", "holdfast-keeper-core", "holdfast-risk"];

/// Tries every fault with many seeds, then plays rounds of random walks. A walk that fails prints
/// its seed, and the round is repeated with `HOLDFAST_WALK_OFFSET` set as this prints it.
///
/// # Errors
/// When something cannot be built, or a trial or walk fails.
pub fn seeds(faults: u64, walks: u64) -> Result<(), String> {
    setup::install()?;
    sbpf::build()?;
    simulate::faults(faults)?;
    for round in 1..=walks {
        let offset = (round * STRIDE).to_string();
        eprintln!("round {round} of {walks}: {WALK_OFFSET}={offset}");
        show(Command::new("cargo").env(WALK_OFFSET, &offset).args([
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--filterset",
            "binary(walk)",
        ]))
        .map_err(|reason| format!("with {WALK_OFFSET}={offset}: {reason}"))?;
    }
    Ok(())
}

/// Changes rules and checks in small ways, one at a time, and runs their tests on each.
///
/// # Errors
/// When a change goes unnoticed.
pub fn mutants(options: &[String]) -> Result<(), String> {
    setup::install()?;
    setup::install_mutants()?;
    let mut mutants = Command::new("cargo");
    mutants.current_dir(root()).args(["mutants", "--test-tool", "nextest"]);
    mutants.args(["--output", "target/mutants"]);
    for file in MUTATED {
        mutants.args(["--file", file]);
    }
    for package in TESTED {
        mutants.args(["--test-package", package]);
    }
    show(mutants.args(options))
}
