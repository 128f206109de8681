//! Searches for bytes that something which reads them cannot take.

use std::process::{Command, ExitCode};

use clap::Args;

use crate::command::{built, root, run, show};
use crate::{sbpf, setup};

/// Set while this program stands where Cargo calls the compiler for the workspace's crates.
const AS_COMPILER: &str = "HOLDFAST_COVERAGE";

/// What makes code count what it executes, for libFuzzer. The stable compiler has no sanitizers;
/// they find misused memory, and there is no unsafe code here.
const COVERAGE: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// What to search, and for how long.
#[derive(Args)]
pub struct Search {
    /// What reads the bytes: a file in fuzz/search, without its ending
    target: String,
    /// Stop after this many seconds; without it, search until something is found
    #[arg(long)]
    seconds: Option<u32>,
}

/// Lets libFuzzer search. Bytes that reach new code are kept in target/fuzz/corpus, and those that
/// something cannot take in target/fuzz/found.
///
/// # Errors
/// When something cannot be built, or something was found.
pub fn search(search: &Search) -> Result<(), String> {
    let target = &search.target;
    setup::install_compiler()?;
    sbpf::build()?;
    build(target)?;
    let (own, found) = (folder("corpus", target)?, folder("found", target)?);
    let mut fuzz = built(target);
    fuzz.arg(own).arg(root().join("fuzz/corpus").join(target));
    fuzz.arg(format!("-artifact_prefix={found}/"));
    if let Some(seconds) = search.seconds {
        fuzz.arg(format!("-max_total_time={seconds}"));
    }
    show(&mut fuzz)
}

/// Only the workspace's own crates count what they execute: those they depend on are the ones that
/// the tests use, compiled already.
fn build(target: &str) -> Result<(), String> {
    let this = std::env::current_exe().map_err(|error| format!("where this runs: {error}"))?;
    let arguments = ["build", "--locked", "--workspace", "--features", "holdfast-fuzz/search"];
    run(Command::new("cargo")
        .env("RUSTC_WORKSPACE_WRAPPER", this)
        .env(AS_COMPILER, "1")
        .args(arguments)
        .args(["--bin", target]))
}

fn folder(what: &str, target: &str) -> Result<String, String> {
    let folder = root().join("target/fuzz").join(what).join(target);
    let shown = folder.display().to_string();
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("could not create {shown}: {error}"))?;
    Ok(shown)
}

/// Compiles for Cargo with coverage, if that is what this program was called for.
pub fn compile() -> Option<ExitCode> {
    std::env::var_os(AS_COMPILER)?;
    let mut arguments = std::env::args_os().skip(1);
    let mut compiler = Command::new(arguments.next()?);
    let arguments: Vec<_> = arguments.collect();
    // Cargo also asks the compiler who it is.
    if arguments.iter().any(|argument| argument == "--crate-name") {
        compiler.args(COVERAGE);
    }
    let done = compiler.args(arguments).status();
    Some(if done.is_ok_and(|status| status.success()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
