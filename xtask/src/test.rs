//! Building and running the tests.

use crate::command::{built, cargo, run};
use crate::{client, sbpf, setup};

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
    client::test()?;
    workspace()
}

/// Compiles everything that runs here, once: all later steps take from it what they run.
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
    run(built("holdfast-idl").arg("--check"))?;
    client::generate(true)
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
