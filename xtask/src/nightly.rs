//! Searches that take hours: with many seeds, and with the source changed.

use std::process::Command;

use crate::command::{root, show};
use crate::{sbpf, setup, simulate};

/// The first seed of the long walks, beyond those of the tests.
const FIRST_SEED: &str = "1000";

/// Steps of a long walk.
const STEPS: &str = "8000";

/// Source whose every line a test should need.
const MUTATED: [&str; 2] = ["crates/risk/src/**/*.rs", "programs/holdfast/src/checks/**/*.rs"];

/// Packages whose tests run, on this machine, what is mutated.
const TESTED: [&str; 4] = ["holdfast", "holdfast-keeper-core", "holdfast-model", "holdfast-risk"];

/// Tries every fault, and several at once, with many seeds, then walks this many seeds, each once
/// against the model and once against the keeper. Each prints its seed.
///
/// # Errors
/// When something cannot be built, or a trial or walk fails.
pub fn seeds(faults: u64, walks: u64) -> Result<(), String> {
    setup::install()?;
    sbpf::build()?;
    let faults = faults.to_string();
    simulate::faults(&["--seeds".to_owned(), faults.clone()])?;
    simulate::faults(&["--swarm".to_owned(), faults])?;
    let walks = walks.to_string();
    let run =
        ["run", "--locked", "--workspace", "--example", "walk_long", "--profile", "test", "--"];
    show(Command::new("cargo").args(run).args([FIRST_SEED, &walks, STEPS]))
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
