//! Finds the validator that a local cluster runs, or builds it once.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{self, JoinHandle};

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
    if let Some(found) = found()? {
        return Ok(found);
    }
    setup::install_packages(&PACKAGES)?;
    eprintln!("{BINARY} is not installed: building it, once, in 30 to 45 minutes on two cores");
    build(&mut Command::new("cargo"))
}

/// A validator that is built while other work goes on; when that fails first, the build goes on by itself.
#[derive(Default)]
pub struct Beside(Cell<Option<JoinHandle<Result<PathBuf, String>>>>);

impl Beside {
    /// Begins to build the validator if it is missing, with whatever the rest leaves idle. What it
    /// needs is installed first: two commands cannot install packages at the same time.
    ///
    /// # Errors
    /// When that cannot be installed.
    pub fn begin(&self) -> Result<(), String> {
        if found()?.is_none() {
            setup::install_packages(&PACKAGES)?;
            let mut idly = Command::new("nice");
            idly.args(["-n", "19", "cargo", "--quiet"]);
            self.0.set(Some(thread::spawn(move || build(&mut idly))));
        }
        Ok(())
    }

    /// Waits until it is there.
    ///
    /// # Errors
    /// When it could not be built.
    pub fn wait(&self) -> Result<(), String> {
        let Some(building) = self.0.take() else { return Ok(()) };
        let built = building.join().map_err(|_| "building the validator panicked".to_owned())?;
        built.map(drop)
    }
}

fn found() -> Result<Option<PathBuf>, String> {
    let answers = |binary: &Path| succeeds(Command::new(binary).arg("--version"));
    let places = [PathBuf::from(BINARY), place()?.join("bin").join(BINARY)];
    Ok(places.into_iter().find(|binary| answers(binary)))
}

/// Builds it by a `cargo` that has its first words already.
fn build(cargo: &mut Command) -> Result<PathBuf, String> {
    let place = place()?;
    // Beside the project's own build: what `cargo clean` deletes, this may use.
    let target = root().join("target/validator");
    run(cargo
        .args(["install", "agave-validator", "--version", RELEASE, "--locked", "--bin", BINARY])
        .arg("--root")
        .arg(&place)
        .env("CARGO_TARGET_DIR", &target)
        .envs(PROFILE))?;
    // Several gigabytes that nobody needs again.
    std::fs::remove_dir_all(&target)
        .map_err(|error| format!("could not delete {}: {error}", target.display()))?;
    Ok(place.join("bin").join(BINARY))
}

/// Where the one that was built here is.
fn place() -> Result<PathBuf, String> {
    Ok(cache()?.join(format!("agave-{RELEASE}")))
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
