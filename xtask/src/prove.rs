//! Proves the rules: compiles them and the theorems in proofs/, and lets two solvers look for numbers
//! that break one.

use std::process::Command;

use clap::Args;

use crate::command::{root, show};
use crate::sbpf;
use crate::setup;

/// The chain's compiler with its library's sources, the solvers, and what runs the executor.
const PACKAGES: [&str; 5] = ["cvc5", "python3", "rust-web-src", "rustc-web", "z3"];

/// What to prove, and how to say it.
#[derive(Args, Default)]
pub struct Options {
    /// Only the theorems that take two minutes together
    #[arg(long, conflicts_with = "mutants")]
    fast: bool,
    /// Print one object: theorems, failed, seconds
    #[arg(long, conflicts_with = "mutants")]
    json: bool,
    /// Change the rules a hundred times, and have each change refuted
    #[arg(long)]
    mutants: bool,
    /// Only these theorems
    #[arg(long, num_args = 1.., conflicts_with_all = ["fast", "mutants"])]
    only: Vec<String>,
}

/// Proves the theorems that take two minutes together.
pub fn fast() -> Result<(), String> {
    prove(&Options { fast: true, ..Options::default() })
}

/// Proves the theorems, or shows that they refute changed rules.
pub fn prove(options: &Options) -> Result<(), String> {
    setup::install_packages(&PACKAGES)?;
    sbpf::check_compiler()?;
    // Debian's interpreter, whatever else is first in the path: the executor needs no package.
    let mut python = Command::new("/usr/bin/python3");
    python.current_dir(root()).env("PYTHONDONTWRITEBYTECODE", "1").arg("proofs/prover/prove.py");
    for (wanted, argument) in
        [(options.fast, "--fast"), (options.json, "--json"), (options.mutants, "--mutants")]
    {
        if wanted {
            python.arg(argument);
        }
    }
    if !options.only.is_empty() {
        python.arg("--only").args(&options.only);
    }
    show(&mut python)
}
