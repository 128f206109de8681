//! Installs what building and testing need.

use std::process::Command;

use crate::command::{cargo, output, run, succeeds};
use crate::sbpf;

/// The nextest release the project is tested with.
const NEXTEST: &str = "0.9.143";

/// The cargo-deny release the project is checked with.
const DENY: &str = "0.20.2";

/// A Rust compiler that knows the BPF target, its library's sources, and the LLVM it was built
/// with, which our linker links.
const PACKAGES: [&str; 12] = [
    "cargo-web",
    "g++",
    "libffi-dev",
    "libpolly-22-dev",
    "libxml2-dev",
    "libzstd-dev",
    "lld-22",
    "llvm-22",
    "llvm-22-dev",
    "rust-web-src",
    "rustc-web",
    "zlib1g-dev",
];

/// Installs whatever is missing.
pub fn install() -> Result<(), String> {
    install_compiler()?;
    install_nextest()
}

/// Installs what compiling the programs needs and is missing.
pub fn install_compiler() -> Result<(), String> {
    if sbpf::official::works() { Ok(()) } else { install_packages(&PACKAGES) }
}

/// Installs those of Debian's `packages` that are missing.
pub fn install_packages(packages: &[&str]) -> Result<(), String> {
    if !succeeds(Command::new("dpkg-query").arg("--version")) {
        return Err(format!(
            "this is not Debian: install Solana's own tools, or what your system calls {}",
            packages.join(", ")
        ));
    }
    let missing: Vec<_> = packages.iter().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.iter().map(|package| **package).collect::<Vec<_>>().join(" ");
    eprintln!("installing {names} (up to 400 MB, a few minutes)");
    run(apt_get(&names)?.arg("update"))?;
    run(apt_get(&names)?.args(["install", "-y", "--no-install-recommends"]).args(missing))
}

fn is_installed(package: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    output(query.args(["--show", "--showformat=${db:Status-Status}", package]))
        .is_ok_and(|status| status == "installed")
}

/// `apt-get`, as root one way or the other; the error says who should install `names`.
fn apt_get(names: &str) -> Result<Command, String> {
    let is_root = output(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if is_root {
        Command::new("apt-get")
    } else if succeeds(Command::new("sudo").arg("--version")) {
        let mut sudo = Command::new("sudo");
        sudo.args(["--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
        sudo
    } else {
        return Err(format!(
            "installing packages takes root or sudo; have an administrator install {names}"
        ));
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    Ok(command)
}

fn install_nextest() -> Result<(), String> {
    if succeeds(Command::new("cargo").args(["nextest", "--version"])) {
        return Ok(());
    }
    eprintln!("cargo-nextest is not installed: building {NEXTEST}, once, in a few minutes");
    cargo(&["install", "cargo-nextest", "--version", NEXTEST, "--locked"])
}

/// Installs the checker of licences, sources and advisories, if it is missing.
pub fn install_deny() -> Result<(), String> {
    if succeeds(Command::new("cargo").args(["deny", "--version"])) {
        return Ok(());
    }
    eprintln!("cargo-deny is not installed: building {DENY}, once, in a few minutes");
    cargo(&["install", "cargo-deny", "--version", DENY, "--locked"])
}
