//! Finds the validator that a local cluster runs, or builds it once.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{root, run, succeeds};
use crate::setup;

/// The newest release that compiles with the Rust this project is built with.
const RELEASE: &str = "4.2.2";

const BINARY: &str = "solana-test-validator";

/// What compiling it takes beyond Rust.
const PACKAGES: [&str; 9] = [
    "clang",
    "cmake",
    "libclang-dev",
    "libssl-dev",
    "libudev-dev",
    "lld",
    "make",
    "pkg-config",
    "protobuf-compiler",
];

/// Compiling fast matters more here than running fast: one node without stake to speak of idles.
const PROFILE: [(&str, &str); 6] = [
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_STRIP", "symbols"),
    ("OPENSSL_NO_VENDOR", "1"),
];

/// The validator on the path, or else the one in the user's cache, which is built if it is missing.
pub fn install() -> Result<PathBuf, String> {
    if succeeds(Command::new(BINARY).arg("--version")) {
        return Ok(PathBuf::from(BINARY));
    }
    let place = cache()?.join(format!("agave-{RELEASE}"));
    let binary = place.join("bin").join(BINARY);
    if !succeeds(Command::new(&binary).arg("--version")) {
        build(&place)?;
    }
    Ok(binary)
}

fn build(place: &Path) -> Result<(), String> {
    setup::install_packages(&PACKAGES)?;
    eprintln!(
        "{BINARY} is not installed: building {RELEASE} into {}, once, in 30 to 45 minutes on two cores",
        place.display()
    );
    // Beside the project's own build: what `cargo clean` deletes, this may use.
    let target = root().join("target/validator");
    run(Command::new("cargo")
        .args(["install", "agave-validator", "--version", RELEASE, "--locked", "--bin", BINARY])
        .arg("--root")
        .arg(place)
        .env("CARGO_TARGET_DIR", &target)
        .envs(PROFILE))?;
    // Several gigabytes that nobody needs again.
    std::fs::remove_dir_all(&target)
        .map_err(|error| format!("could not delete {}: {error}", target.display()))
}

/// Where this user's programs keep what they can make again.
fn cache() -> Result<PathBuf, String> {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::home_dir().map(|home| home.join(".cache"));
    let cache = given.filter(|path| path.is_absolute()).or_else(home);
    cache.map(|cache| cache.join("holdfast")).ok_or_else(|| {
        "there is no home directory to keep the validator in: set HOME or XDG_CACHE_HOME".to_owned()
    })
}
