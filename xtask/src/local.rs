//! What runs on a real validator.

use std::process::Command;

use crate::command::{cargo, root, show};
use crate::{sbpf, setup, validator};

/// The programs that a local cluster consists of.
const BUILD: [&str; 9] = [
    "build",
    "--locked",
    "--bins",
    "--package",
    "holdfast-cli",
    "--package",
    "holdfast-localnet",
    "--package",
    "holdfast-migrations",
];

/// Runs a local cluster until Ctrl-C.
pub fn run(options: &[String]) -> Result<(), String> {
    let mut localnet = Command::new(root().join("target/debug/holdfast-localnet"));
    if options.iter().any(|option| matches!(option.as_str(), "-h" | "--help")) {
        cargo(&BUILD)?;
        return show(localnet.arg("--help"));
    }
    setup::install_compiler()?;
    sbpf::build()?;
    let validator = validator::install()?;
    cargo(&BUILD)?;
    localnet.arg("--validator").arg(validator);
    localnet.arg("--programs").arg(root().join("target/deploy"));
    show(localnet.args(options))
}

/// Plays the outages on a real validator, after the tests: what they compiled serves here too.
pub fn end_to_end() -> Result<(), String> {
    let validator = validator::install()?;
    cargo(&["build", "--locked", "--workspace", "--all-targets"])?;
    let mut suite = Command::new(root().join("target/debug/holdfast-e2e"));
    suite.arg("--validator").arg(validator);
    show(suite.arg("--programs").arg(root().join("target/deploy")))
}
