//! The searching attacker on the compiled program.

use std::process::Command;

use crate::command::show;
use crate::{sbpf, setup};

/// Builds the program and searches. It runs in the release profile: thousands of attempts a minute
/// are played, and everything around the program's own instructions counts.
///
/// # Errors
/// What could not be built or did not end well.
pub fn run(options: &[String]) -> Result<(), String> {
    if !options.iter().any(|option| matches!(option.as_str(), "-h" | "--help")) {
        setup::install_compiler()?;
        sbpf::build()?;
    }
    let run = ["run", "--quiet", "--release", "--locked", "--package", "holdfast-simulator"];
    show(Command::new("cargo").args(run).args(["--bin", "adversary", "--"]).args(options))
}
