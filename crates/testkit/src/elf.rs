//! Finding the compiled programs.

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
    read_file(&path())
}

/// The compiled program that holds prices on local clusters.
///
/// # Errors
/// A sentence that says how to build it.
pub fn read_mock_oracle() -> Result<Vec<u8>, String> {
    read_file(&path().with_file_name("mock_oracle.so"))
}

/// The compiled program that plays the part of providers whose prices are brought, on local clusters.
///
/// # Errors
/// A sentence that says how to build it.
pub fn read_mock_providers() -> Result<Vec<u8>, String> {
    read_file(&path().with_file_name("mock_providers.so"))
}

/// The compiled example of a lender that asks the beacon.
///
/// # Errors
/// A sentence that says how to build it.
pub fn read_lender() -> Result<Vec<u8>, String> {
    read_file(&path().with_file_name("lender.so"))
}

/// The compiled program whose instructions differ by a question to the beacon.
///
/// # Errors
/// A sentence that says how to build it.
pub fn read_asker() -> Result<Vec<u8>, String> {
    read_file(&path().with_file_name("asker.so"))
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| {
        format!("{} cannot be read ({error}): run `cargo xtask build` first", path.display())
    })
}
