//! A copy of Rust's standard library, edited for the virtual machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::PROGRAMS;
use super::compiler::{forget, version};
use super::edits::{EDITS, Edit};
use crate::command::{output, root, run};

/// Where Debian's rust-web-src installs it.
const SOURCE: &str = "/usr/lib/rustlib/src/rust/library";

/// Copies and edits the library unless that was done; the path of the copy.
pub fn prepare() -> Result<PathBuf, String> {
    let directory = root().join("target/sbpf/std");
    let (library, stamp) = (directory.join("library"), directory.join("stamp"));
    let rustc = version()?;
    let wanted = format!("{rustc}{}\n{EDITS:#?}\n", source_version()?);
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return absolute(&library);
    }
    eprintln!("copying and editing the standard library");
    copy(&directory, &library)?;
    for edit in &EDITS {
        apply(edit, &library, &rustc)?;
    }
    for program in PROGRAMS {
        // Cargo takes the standard library for something that never changes.
        forget(&program.release(), &["alloc", "core", "std"])?;
    }
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    absolute(&library)
}

fn source_version() -> Result<String, String> {
    output(Command::new("dpkg-query").args(["--show", "rust-web-src"]))
        .map_err(|reason| format!("{reason}: run `cargo xtask setup` first"))
}

/// A fresh copy. The library holds symbolic links to files elsewhere.
fn copy(directory: &Path, library: &Path) -> Result<(), String> {
    if directory.exists() {
        fs::remove_dir_all(directory)
            .map_err(|error| format!("could not delete {}: {error}", directory.display()))?;
    }
    fs::create_dir_all(directory)
        .map_err(|error| format!("could not create {}: {error}", directory.display()))?;
    run(Command::new("cp").args(["--recursive", "--dereference", SOURCE]).arg(library))
}

fn apply(edit: &Edit, library: &Path, rustc: &str) -> Result<(), String> {
    let path = library.join(edit.file);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", edit.file))?;
    let found = text.matches(edit.from).count();
    if found != edit.times {
        let release = rustc.lines().next().unwrap_or_default();
        return Err(format!(
            "the edit \"{}\" of the standard library's {} matches {found} times instead of {}; \
             it was written for Rust 1.96, and this is {release}",
            edit.name, edit.file, edit.times
        ));
    }
    fs::write(&path, text.replace(edit.from, edit.to))
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))
}
