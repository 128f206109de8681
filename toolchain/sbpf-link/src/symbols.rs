//! Which symbols are kept, and which must not be left.

use anyhow::{Result, bail};

use crate::{
    legalise::floats,
    llvm::{Machine, Module},
};

/// Where the virtual machine starts a program.
pub const ENTRYPOINT: &str = "entrypoint";

/// C's memory functions, which the runtime defines through system calls and instruction
/// selection may call.
pub const MEMORY: [&str; 5] = ["bcmp", "memcmp", "memcpy", "memmove", "memset"];

/// Whether the virtual machine provides the function.
pub fn is_system_call(name: &str) -> bool {
    name.starts_with("sol_") || name == "abort"
}

/// Removes every function that neither the program nor instruction selection can call.
pub fn drop_unused(module: &Module, machine: &Machine) -> Result<()> {
    let floats = floats::are_used(module);
    if floats {
        floats::extend_results(module);
    }
    for function in module.functions() {
        let name = function.name();
        let may_be_called = name == ENTRYPOINT
            || MEMORY.contains(&&*name)
            || (floats && floats::HELPERS.contains(&&*name));
        if may_be_called {
            function.make_external();
        } else if !function.is_declaration() {
            function.make_internal();
        }
    }
    module.run_passes(machine, "globaldce")
}

/// Refuses functions nobody defines and data that would have to be written: a v3 program has no
/// writable data section.
pub fn check(module: &Module) -> Result<()> {
    for function in module.functions() {
        let name = function.name();
        let missing =
            function.is_declaration() && function.intrinsic().is_none() && function.is_used();
        if missing && !is_system_call(&name) {
            bail!("the program calls {name}, which nobody defines");
        }
    }
    for global in module.globals().into_iter().filter(|global| global.is_used()) {
        if !global.is_constant_global() {
            bail!("the program uses the writable static {}; sBPF v3 has none", global.name());
        }
        if global.is_declaration() {
            bail!("the program uses the static {}, which nobody defines", global.name());
        }
    }
    Ok(())
}
