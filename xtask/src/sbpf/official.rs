//! Solana's own compiler.

use std::path::Path;
use std::process::Command;

use super::Program;
use crate::command::{root, run, succeeds};

/// Whether it is installed and starts.
pub fn works() -> bool {
    succeeds(Command::new("cargo").args(["build-sbf", "--version"]))
}

/// Compiles a program into a directory, with more options of Cargo's.
pub(super) fn build(program: &Program, deploy: &Path, options: &[&str]) -> Result<(), String> {
    run(Command::new("cargo")
        .current_dir(root())
        .args(["build-sbf", "--arch", "v3", "--manifest-path", program.manifest, "--sbf-out-dir"])
        .arg(deploy)
        .args(["--", "--locked"])
        .args(options))
}
