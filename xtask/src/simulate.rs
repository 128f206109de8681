//! Drills and measurements on the embedded cluster.

use std::process::Command;

use crate::command::{build_program, built, built_here, show};
use crate::{sbpf, setup};

/// Plays drills.
///
/// # Errors
/// When something cannot be built, or the drill fails.
pub fn drill(options: &[String]) -> Result<(), String> {
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    build_unless_help(&options)?;
    simulate("drill", &options)
}

/// Compares policies. Paths that are relative are meant from where the command was called.
///
/// # Errors
/// When something cannot be built, or the lab fails.
pub fn lab(options: &[String]) -> Result<(), String> {
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    build_unless_help(&options)?;
    build_program("lab")?;
    show(built_here("lab")?.args(options))
}

/// Compiles the program that is played, unless it is only asked what the options are.
fn build_unless_help(options: &[&str]) -> Result<(), String> {
    if options.iter().any(|option| matches!(*option, "-h" | "--help")) {
        return Ok(());
    }
    setup::install_compiler()?;
    sbpf::build().map(|_| ())
}

/// Measures the compute units of every instruction: first where they go, on a program that marks its
/// stages, then the program itself.
///
/// # Errors
/// When something cannot be built, or an instruction exceeds its ceiling.
pub fn bench() -> Result<(), String> {
    setup::install_compiler()?;
    sbpf::build_profiled()?;
    simulate("bench", &["--profile"])?;
    sbpf::build()?;
    simulate("bench", &[sbpf::toolchain()])
}

/// Measures what a price tick costs a keeper.
///
/// # Errors
/// When it cannot be built.
pub fn bench_keeper() -> Result<(), String> {
    let bench = ["bench", "--locked", "--package", "holdfast-keeper-core", "--bench", "mirror"];
    show(Command::new("cargo").args(bench))
}

/// Lets a keeper keep a million accounts. Times count here, so it is compiled as keepers are.
///
/// # Errors
/// When it cannot be built, or the keeper does not keep up.
pub fn scale(options: &[String]) -> Result<(), String> {
    let run = ["run", "--quiet", "--release", "--locked", "--workspace", "--bin", "scale", "--"];
    show(Command::new("cargo").args(run).args(options))
}

/// Lets what lies between a keeper and the chain fail.
///
/// # Errors
/// When something cannot be built, or something is amiss.
pub fn faults(options: &[String]) -> Result<(), String> {
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    build_unless_help(&options)?;
    simulate("faults", &options)
}

/// What runs in virtual time runs in the tests' profile: what is compiled for one serves the
/// others, and their time goes into the virtual machine anyway.
fn simulate(binary: &str, options: &[&str]) -> Result<(), String> {
    build_program(binary)?;
    show(built(binary).args(options))
}
