//! Developer commands: `cargo xtask --help`.

mod command;
mod sbpf;
mod setup;

use std::process::ExitCode;

use clap::Parser;

use crate::command::cargo;

/// Developer commands of Holdfast.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Install what building and testing need
    ///
    /// Debian packages (a Rust compiler with its library's sources, and LLVM 22, about 400 MB)
    /// unless `cargo build-sbf` works, and cargo-nextest. What is there is left alone, so running
    /// it again costs a second.
    Setup,
    /// Compile the on-chain programs to target/deploy
    ///
    /// With Solana's own `cargo build-sbf` where it works, and otherwise with the distribution's
    /// Rust and the linker in toolchain/, which takes about 8 minutes the first time and seconds
    /// after a change.
    Build,
    /// Set up, build and run all tests
    Test,
    /// Check formatting and lints without changing a file
    Lint,
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Setup => setup::install(),
        Task::Build => sbpf::build().map(|program| println!("{}", program.display())),
        Task::Test => test(),
        Task::Lint => lint(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn test() -> Result<(), String> {
    setup::install()?;
    sbpf::build()?;
    if !sbpf::official::works() {
        sbpf::linker::test()?;
    }
    cargo(&["nextest", "run", "--workspace", "--locked", "--no-tests", "fail"])
}

fn lint() -> Result<(), String> {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["fmt", "--all", "--check", "--manifest-path", sbpf::MANIFEST])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])?;
    if sbpf::official::works() {
        return Ok(());
    }
    sbpf::linker::lint()
}
