//! Finding the compiled program.

use std::path::{Path, PathBuf};

/// Where `cargo xtask build` puts the program.
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/deploy/holdfast.so")
}

/// The compiled program.
///
/// # Errors
/// A sentence that says how to build it.
pub fn read() -> Result<Vec<u8>, String> {
    let path = path();
    std::fs::read(&path).map_err(|error| {
        format!("{} cannot be read ({error}): run `cargo xtask build` first", path.display())
    })
}
