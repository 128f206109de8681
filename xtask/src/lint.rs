//! What is checked without running the project's code.

use std::process::Command;

use crate::command::{cargo, root, run, succeeds};
use crate::{sbpf, setup};

/// Formats both workspaces, with Cargo's own options for that.
///
/// # Errors
/// When a file cannot be formatted, or should be with `--check`.
pub fn format(options: &[&str]) -> Result<(), String> {
    cargo(&[&["fmt", "--all"], options].concat())?;
    cargo(&[&["fmt", "--all", "--manifest-path", sbpf::MANIFEST], options].concat())
}

/// Clippy, with warnings as errors, over both workspaces where the linker is used.
///
/// # Errors
/// When there is a warning.
pub fn clippy() -> Result<(), String> {
    cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])?;
    if sbpf::official::works() { Ok(()) } else { sbpf::linker::lint() }
}

/// Builds the documentation, with warnings as errors: links that lead nowhere among them.
///
/// # Errors
/// When there is a warning.
pub fn documentation() -> Result<(), String> {
    run(Command::new("cargo")
        .current_dir(root())
        .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links")
        .args(["doc", "--workspace", "--no-deps", "--locked"]))
}

/// Licences, sources and bans of both workspaces; advisories as well where their database can be
/// reached.
///
/// # Errors
/// When one is not allowed.
pub fn licences() -> Result<(), String> {
    setup::install_deny()?;
    let check = |what: &[&str]| {
        // The allowed licences are those of both; neither has to have all of them.
        let both = ["check", "--allow", "license-not-encountered"];
        let common = |manifest| ["deny", "--manifest-path", manifest, "--config", "deny.toml"];
        ["Cargo.toml", sbpf::MANIFEST].into_iter().try_for_each(|manifest| {
            cargo(&[&common(manifest)[..], &["--locked"], &both, what].concat())
        })
    };
    check(&["bans", "licenses", "sources"])?;
    if !succeeds(Command::new("cargo").args(["deny", "fetch", "db"])) {
        eprintln!("advisories are not checked: their database on GitHub cannot be reached");
        return Ok(());
    }
    check(&["--allow", "advisory-not-detected", "advisories"])
}

/// All of these but the documentation.
///
/// # Errors
/// Those of the first that fails.
pub fn all() -> Result<(), String> {
    format(&["--check"])?;
    clippy()?;
    licences()
}
