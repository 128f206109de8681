//! The distribution's Rust, with a standard library of our own and our linker.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::Program;
use crate::command::{output, root, run};

const CARGO: &str = "/usr/bin/cargo";
const RUSTC: &str = "/usr/bin/rustc";

/// The release whose standard library our edits match.
const RELEASE: &str = "1.96.";

/// The only LLVM whose back end our linker is known to work around.
const LLVM: &str = "22.";

/// What the caller's Cargo and rustup set for the caller's compiler, and what would change ours.
const FOREIGN: [&str; 10] = [
    "CARGO",
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "LD_LIBRARY_PATH",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
];

/// Refuses a compiler that the linker was not tested with.
pub fn check() -> Result<(), String> {
    let found = version()?;
    let value = |key| found.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("unknown");
    let (release, llvm) = (value("release: "), value("LLVM version: "));
    if release.starts_with(RELEASE) && llvm.starts_with(LLVM) {
        return Ok(());
    }
    Err(format!(
        "{RUSTC} is Rust {release} with LLVM {llvm}; only Rust {RELEASE}x with LLVM {LLVM}x is \
         known to work (install Solana's `cargo build-sbf` instead)"
    ))
}

/// All that the compiler says about itself.
pub fn version() -> Result<String, String> {
    output(without_foreign(Command::new(RUSTC).arg("-vV")))
        .map_err(|reason| format!("{reason}: run `cargo xtask setup` first"))
}

/// Cargo with the distribution's compiler, and able to build the standard library.
pub fn cargo() -> Command {
    let mut cargo = Command::new(CARGO);
    // Cargo builds its standard library on nightly only; so it is told that this is one.
    without_foreign(&mut cargo).env("RUSTC_BOOTSTRAP", "1").env("RUSTC", RUSTC);
    cargo
}

/// Compiles a program into a directory, with more options of Cargo's.
pub fn build(
    program: &Program,
    library: &Path,
    linker: &Path,
    deploy: &Path,
    options: &[&str],
) -> Result<(), String> {
    let package = program.package;
    let release = program.release();
    if !release.exists() {
        eprintln!("building the standard library for {package}, once, in 1 to 2 minutes");
    }
    eprintln!("building {package}, in seconds or, the first time, in 1 to 2 minutes");
    let linked = release.join(format!("lib{}.so", program.library()));
    relink_if_older(&release, &linked, package, linker)?;
    run(cargo()
        .current_dir(root())
        .env("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1")
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", library)
        .env("CARGO_TARGET_SBPF_SOLANA_SOLANA_LINKER", linker)
        .env(
            "CARGO_TARGET_SBPF_SOLANA_SOLANA_RUSTFLAGS",
            "-C no-vectorize-slp -C no-vectorize-loops",
        )
        .args(["build", "--release", "--locked", "-Z", "json-target-spec"])
        .args(["-Z", "build-std=std,panic_abort"])
        .args(["-Z", "build-std-features=compiler-builtins-mem,optimize_for_size"])
        .args(["--target", "toolchain/sbpf-solana-solana.json"])
        .args(["--manifest-path", program.workspace, "--package", package])
        .args(["--target-dir", program.target])
        .args(options))?;
    let to = deploy.join(format!("{}.so", program.library()));
    fs::copy(&linked, &to).map_err(|error| {
        format!("could not copy {} to {}: {error}", linked.display(), to.display())
    })?;
    Ok(())
}

/// Cargo does not notice that a linker changed: makes it compile the program again.
fn relink_if_older(
    release: &Path,
    linked: &Path,
    package: &str,
    linker: &Path,
) -> Result<(), String> {
    let changed = |path: &Path| fs::metadata(path).and_then(|file| file.modified());
    let Ok(linked) = changed(linked) else { return Ok(()) };
    if changed(linker).is_ok_and(|built| built <= linked) {
        return Ok(());
    }
    forget(release, &[package])
}

/// Deletes Cargo's memory of having compiled these packages.
pub fn forget(release: &Path, packages: &[&str]) -> Result<(), String> {
    let Ok(entries) = fs::read_dir(release.join(".fingerprint")) else { return Ok(()) };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let package = name.rsplit_once('-').map_or(name, |(package, _hash)| package);
        if packages.contains(&package) {
            fs::remove_dir_all(&path)
                .map_err(|error| format!("could not delete {}: {error}", path.display()))?;
        }
    }
    Ok(())
}

fn without_foreign(command: &mut Command) -> &mut Command {
    for variable in FOREIGN {
        command.env_remove(variable);
    }
    command
}
