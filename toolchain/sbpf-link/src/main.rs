//! Links a Rust program, compiled to LLVM bitcode, into an sBPF v3 shared object.
//!
//! `rustc` calls this where it would call a linker. LLVM's BPF back end was made for the Linux
//! kernel: it has no 128-bit arithmetic, no signed division, five argument registers and one
//! return register. What it cannot translate is rewritten between optimisation and code
//! generation ([`legalise`], [`abi`]); what is not handled stops the build with a sentence, since
//! a wrong instruction in a program that holds money is worse than no program.
//!
//! The steps, in order: [`arguments`], [`link`], [`prepare`], [`legalise`], [`abi`], [`symbols`],
//! [`codegen`].

mod abi;
mod arguments;
mod codegen;
mod frames;
mod legalise;
mod link;
mod llvm;
mod prepare;
mod symbols;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::{
    arguments::Arguments,
    llvm::{Context, Machine, Module},
};

/// Scalar code only and no unrolling: a vector would be taken apart again, and a transaction
/// pays for every byte of a program once but for every instruction it executes.
///
/// Comparisons of a few bytes become comparisons of numbers while they can still be joined: a
/// program that finds its instruction by trying eight bytes after eight then searches among sorted
/// numbers.
const OPTIMISE: &str = "globaldce,function(lower-atomic,scalarizer<load-store>),default<O2>,\
    function(expand-memcmp,early-cse,instcombine<no-verify-fixpoint>,simplifycfg),globaldce";

fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let program = if arguments.is_program {
        build(arguments)?
    } else {
        // A dependency that is also a cdylib: Cargo wants its file, nobody loads it.
        Vec::new()
    };
    std::fs::write(&arguments.output, program)
        .with_context(|| format!("could not write {}", arguments.output.display()))
}

fn build(arguments: &Arguments) -> Result<Vec<u8>> {
    llvm::initialise()?;
    let context = Context::new();
    let machine = Machine::sbpf()?;
    let module = link::inputs(context, &machine, &arguments.inputs)?;
    prepare::prepare(&module)?;
    module.run_passes(&machine, OPTIMISE)?;
    make_legal(&module, &machine)?;
    codegen::program(&module, &machine)
}

/// Everything between optimisation and code generation. Nothing may optimise afterwards: the
/// rewritten code deliberately avoids forms that the optimiser would restore.
fn make_legal(module: &Module, machine: &Machine) -> Result<()> {
    link::runtime(module)?;
    legalise::legalise(module)?;
    module.verify("after legalisation")?;
    symbols::drop_unused(module, machine)?;
    abi::apply(module)?;
    module.verify("after fitting calls to the registers")?;
    symbols::check(module)
}
