//! Building and running the tests.

use std::process::Command;

use crate::command::{cargo, root, run};
use crate::{sbpf, setup};

/// Sets up, builds, and runs everything but what needs a validator.
///
/// # Errors
/// When something cannot be built, a generated page has drifted, or a test fails.
pub fn all() -> Result<(), String> {
    setup::install()?;
    sbpf::build()?;
    linker()?;
    build()?;
    pages()?;
    workspace()
}

/// Compiles everything that runs here, once: all later steps take from it what they run. With
/// fewer packages Cargo would choose other features for what they share, and compile that again.
///
/// # Errors
/// When something does not compile.
pub fn build() -> Result<(), String> {
    cargo(&["build", "--workspace", "--all-targets", "--locked"])
}

/// Checks that generated pages and links are current, with what [`build`] compiled.
///
/// # Errors
/// When one is not.
pub fn pages() -> Result<(), String> {
    run(built("holdfast-idl").arg("--check"))
}

/// The tests of the linker, where it is used.
///
/// # Errors
/// When one fails.
pub fn linker() -> Result<(), String> {
    if sbpf::official::works() { Ok(()) } else { sbpf::linker::test() }
}

/// The tests of the workspace.
///
/// # Errors
/// When one fails.
pub fn workspace() -> Result<(), String> {
    cargo(&["nextest", "run", "--workspace", "--locked", "--no-tests", "fail"])
}

/// A program that [`build`] compiled.
pub fn built(name: &str) -> Command {
    let mut command = Command::new(root().join("target/debug").join(name));
    command.current_dir(root());
    command
}
