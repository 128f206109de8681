//! Pages that are made from the source.

use crate::command::cargo;

/// Generates the interface description and the pages made from it, or only checks them.
///
/// # Errors
/// When the source does not compile, or with `check` when a page has drifted or a link leads nowhere.
pub fn generate(check: bool) -> Result<(), String> {
    let options = if check { &["--", "--check"][..] } else { &[] };
    let run = ["run", "--quiet", "--locked", "--package", "holdfast-idl"];
    cargo(&[&run[..], options].concat())
}
