//! Installs what building and testing need.

use std::process::Command;

use crate::command::{output, run, succeeds};
use crate::sbpf;

/// A subcommand of Cargo, built from its registry where it is missing.
struct Tool {
    /// What follows `cargo`.
    command: &'static str,
    /// Its package.
    package: &'static str,
    /// The release the project is checked with.
    version: &'static str,
}

const NEXTEST: Tool = Tool { command: "nextest", package: "cargo-nextest", version: "0.9.143" };
const DENY: Tool = Tool { command: "deny", package: "cargo-deny", version: "0.20.2" };
const MUTANTS: Tool = Tool { command: "mutants", package: "cargo-mutants", version: "27.1.0" };

/// These tools run for seconds: compiling them fast matters more.
const PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
];

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

/// The browser in which tests look at pages, and a font for it.
const BROWSER: [&str; 2] = ["chromium", "fonts-dejavu-core"];

/// Installs whatever is missing.
pub fn install() -> Result<(), String> {
    install_compiler()?;
    install_browser()?;
    install_tool(&NEXTEST)
}

/// Installs a browser, unless there is one that the tests find.
fn install_browser() -> Result<(), String> {
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let found = names.iter().any(|name| succeeds(Command::new(name).arg("--version")));
    if found { Ok(()) } else { install_packages(&BROWSER) }
}

/// Installs what compiling the programs needs and is missing.
pub fn install_compiler() -> Result<(), String> {
    if sbpf::official::works() { Ok(()) } else { install_packages(&PACKAGES) }
}

/// Installs the part of it that the rules are compiled to WebAssembly with, and is missing: with
/// Solana's own tools as well.
pub fn install_compiler_of_debian() -> Result<(), String> {
    install_packages(&["cargo-web", "lld-22", "rust-web-src", "rustc-web"])
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

/// Installs the checker of licences, sources and advisories, if it is missing.
///
/// # Errors
/// When it does not compile.
pub fn install_deny() -> Result<(), String> {
    install_tool(&DENY)
}

/// Installs what changes the source in small ways, if it is missing.
///
/// # Errors
/// When it does not compile.
pub fn install_mutants() -> Result<(), String> {
    install_tool(&MUTANTS)
}

fn install_tool(tool: &Tool) -> Result<(), String> {
    if succeeds(Command::new("cargo").args([tool.command, "--version"])) {
        return Ok(());
    }
    let Tool { package, version, .. } = tool;
    eprintln!("{package} is not installed: building {version}, once, in about a minute");
    let install = ["install", package, "--version", version, "--locked"];
    run(Command::new("cargo").args(install).envs(PROFILE))
}
