//! Our linker from LLVM bitcode to sBPF.

use std::path::PathBuf;
use std::process::Command;

use super::MANIFEST;
use crate::command::{root, run};

/// Where Debian installs LLVM.
const LLVM: &str = "/usr/lib/llvm-22";

const PACKAGE: [&str; 2] = ["--package", "holdfast-sbpf-link"];

/// Builds the linker if needed; the path of its executable.
pub fn build() -> Result<PathBuf, String> {
    let linker = root().join("target/toolchain/release/holdfast-sbpf-link");
    if !linker.exists() {
        eprintln!("building the linker, once, in 2 to 4 minutes");
    }
    cargo(&["build", "--release"], &PACKAGE)?;
    linker.canonicalize().map_err(|error| format!("{}: {error}", linker.display()))
}

/// Runs the linker's own tests.
pub fn test() -> Result<(), String> {
    cargo(&["nextest", "run", "--release"], &PACKAGE)
}

/// Checks the lints of the linker and of what it is tested with.
pub fn lint() -> Result<(), String> {
    cargo(&["clippy", "--workspace", "--all-targets"], &["--", "-D", "warnings"])
}

/// Runs Cargo in the linker's workspace.
fn cargo(task: &[&str], rest: &[&str]) -> Result<(), String> {
    run(Command::new("cargo")
        .current_dir(root())
        .env("LLVM_PREFIX", LLVM)
        .env("CARGO_TARGET_DIR", root().join("target/toolchain"))
        .args(task)
        .args(["--locked", "--manifest-path", MANIFEST])
        .args(rest))
}
