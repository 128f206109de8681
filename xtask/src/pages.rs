//! Pages that are made from the source.

use crate::client;
use crate::command::{build_program, built, run};

/// Generates the interface description and the pages made from it, or only checks them.
///
/// # Errors
/// When the source does not compile, or with `check` when a page has drifted or a link leads nowhere.
pub fn generate(check: bool) -> Result<(), String> {
    build_program("holdfast-idl")?;
    run(built("holdfast-idl").args(check.then_some("--check")))?;
    client::generate(check)
}
