//! From a legal module to an sBPF v3 shared object.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail};
use object::{Object as _, ObjectSymbol as _};
use sbpf_linker::{OptimizationConfig, ProgramOptions, SbpfArch, SbpfLinkerError, link_program};

use crate::{
    frames,
    llvm::{Machine, Module},
    symbols,
};

/// Generates code and wraps it as the loader wants it.
pub fn program(module: &Module, machine: &Machine) -> Result<Vec<u8>> {
    let object = object(module, machine)?;
    refuse_undefined(&object)?;
    let options = ProgramOptions::new(OptimizationConfig::enabled(), SbpfArch::V3, frames::LIMIT);
    link_program(&object, options)
        .map_err(|errors| anyhow!("sBPF: {}", SbpfLinkerError::format_errors(&errors)))
}

/// Instruction selection decides which helper functions it calls, so code is generated twice:
/// once on a copy (it changes the module) with every helper present, to learn which are called,
/// then with only those.
pub fn object(module: &Module, machine: &Machine) -> Result<Vec<u8>> {
    let context = module.context();
    measure_frames(module);
    module.duplicate().emit_object(machine)?;
    context.refuse_errors()?;
    let helpers = context.helper_calls();
    for function in module.functions() {
        let name = function.name();
        if !function.is_declaration() && name != symbols::ENTRYPOINT && !helpers.contains(&name) {
            function.make_internal();
        }
    }
    module.run_passes(machine, "globaldce")?;
    let object = module.emit_object(machine)?;
    context.refuse_errors()?;
    Ok(object)
}

/// Makes code generation report the size of every frame above the limit. The error of the BPF back
/// end comes once for each access beyond the limit, and without a size.
fn measure_frames(module: &Module) {
    let limit = frames::LIMIT.to_string();
    for function in module.functions() {
        if !function.is_declaration() {
            function.set_text_attribute("warn-stack-size", &limit);
        }
    }
}

fn refuse_undefined(object: &[u8]) -> Result<()> {
    let file = object::File::parse(object)?;
    let mut missing = BTreeSet::new();
    for symbol in file.symbols().filter(|symbol| symbol.is_undefined()) {
        let name = symbol.name()?;
        if !name.is_empty() && !symbols::is_system_call(name) {
            missing.insert(name);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    bail!("code generation calls functions that nobody defines: {missing:?}")
}
