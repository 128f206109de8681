//! Runs other programs.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the toolchain's Cargo.
pub fn cargo(arguments: &[&str]) -> Result<(), String> {
    run(Command::new("cargo").args(arguments))
}

/// Runs a command whose output is progress, not result: it goes to standard error. Anything but
/// success is an error that shows the command.
pub fn run(command: &mut Command) -> Result<(), String> {
    show(command.stdout(std::io::stderr()))
}

/// Runs a command whose output is the result.
pub fn show(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    status.success().then_some(()).ok_or_else(|| format!("`{}` failed ({status})", line(command)))
}

/// What a command prints.
pub fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        return Err(format!("`{}` failed ({})", line(command), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a command ends well; what it prints is nobody's business.
pub fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Compiles one program of the workspace. Named with `--package`, Cargo would choose features for
/// that package alone, and compile what it shares with the rest once for each choice.
pub fn build_program(name: &str) -> Result<(), String> {
    cargo(&["build", "--quiet", "--locked", "--workspace", "--bin", name])
}

/// A compiled program of the workspace.
pub fn built(name: &str) -> Command {
    let mut command = Command::new(built_path(name));
    command.current_dir(root());
    command
}

/// Where a compiled program of the workspace is.
pub fn built_path(name: &str) -> PathBuf {
    root().join("target/debug").join(name)
}

/// A compiled program of the workspace, run where the command was called.
///
/// # Errors
/// When that is unknown.
pub fn built_here(name: &str) -> Result<Command, String> {
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    let mut command = built(name);
    command.current_dir(here);
    Ok(command)
}

/// The directory of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!("could not start `{}`: {error}", line(command))
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
