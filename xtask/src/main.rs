//! Developer commands: `cargo xtask --help`.

use std::process::{Command, ExitCode};

use clap::Parser;

/// The nextest release the project is tested with.
const NEXTEST: &str = "0.9.143";

/// Developer commands of Holdfast.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Install what the tests need and run them all.
    Test,
    /// Check formatting and lints without changing a file.
    Lint,
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Test => install_nextest().and_then(|()| {
            cargo(&["nextest", "run", "--workspace", "--locked", "--no-tests", "fail"])
        }),
        Task::Lint => cargo(&["fmt", "--all", "--check"]).and_then(|()| {
            cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn install_nextest() -> Result<(), String> {
    let found = Command::new("cargo").args(["nextest", "--version"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    eprintln!("cargo-nextest is not installed: building {NEXTEST}, once, in a few minutes");
    cargo(&["install", "cargo-nextest", "--version", NEXTEST, "--locked"])
}

fn cargo(arguments: &[&str]) -> Result<(), String> {
    let line = format!("cargo {}", arguments.join(" "));
    let status = Command::new("cargo")
        .args(arguments)
        .status()
        .map_err(|error| format!("could not start `{line}`: {error}"))?;
    status.success().then_some(()).ok_or_else(|| format!("`{line}` failed ({status})"))
}
