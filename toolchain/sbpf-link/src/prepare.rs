//! What is done to a freshly linked program, before optimisation.

use anyhow::{Context as _, Result};

use crate::{
    legalise::{arithmetic, floats},
    llvm::{Builder, Module, Place, Value},
    symbols,
};

const OUT_OF_MEMORY: &str = "Error: memory allocation failed, out of memory";

/// Lets the whole program be optimised as one, and gives panics Solana's meaning.
pub fn prepare(module: &Module) -> Result<()> {
    for function in module.functions() {
        forget_attributes(function);
        if !function.is_declaration() {
            definition(module, function)?;
        }
    }
    for global in module.globals() {
        if !global.is_declaration() && !global.name().starts_with("llvm.") {
            global.make_internal();
        }
    }
    // These lists would keep what nobody calls.
    module.delete_global("llvm.used");
    module.delete_global("llvm.compiler.used");
    module.verify("before optimisation")
}

/// Attributes that compiler_builtins and core were compiled with and that stop optimisation.
fn forget_attributes(function: Value) {
    // Optimised as an ordinary function, the loop of `strlen` becomes a call of `strlen`.
    if function.name() != "strlen" {
        function.remove_text_attribute("no-builtins");
    }
    function.remove_text_attribute("target-cpu");
}

fn definition(module: &Module, function: Value) -> Result<()> {
    let name = function.name();
    if symbols::MEMORY.contains(&&*name) {
        // The runtime defines it through a system call.
        function.delete_body();
        return Ok(());
    }
    if name.ends_with("rust_begin_unwind") {
        panic_handler(module, function).context("could not replace the panic handler")?;
    } else if name.ends_with("rust_alloc_error_handler") {
        allocation_failure(module, function);
    }
    let called_later = name == symbols::ENTRYPOINT
        || arithmetic::HELPERS.contains(&&*name)
        || floats::HELPERS.contains(&&*name)
        || floats::WIDE_HELPERS.contains(&&*name);
    if called_later {
        function.make_external();
    } else {
        function.make_internal();
    }
    Ok(())
}

/// Hands the panic to the program's `custom_panic`, if it has one, and aborts.
fn panic_handler(module: &Module, handler: Value) -> Result<()> {
    let custom = module.function("custom_panic");
    let builder = replace_body(module, handler);
    if let Some(custom) = custom {
        let information = handler.parameters();
        let information = information.first().context("it takes no argument")?;
        builder.call(custom, &[*information]);
    }
    abort(module, &builder);
    Ok(())
}

fn allocation_failure(module: &Module, handler: Value) {
    let builder = replace_body(module, handler);
    let text = builder.text(OUT_OF_MEMORY);
    let length = builder.constant(64, OUT_OF_MEMORY.len() as u64);
    builder.system_call(module, "sol_log_", &[text, length]);
    abort(module, &builder);
}

fn replace_body(module: &Module, function: Value) -> Builder {
    function.delete_body();
    // It now writes memory and never returns, whatever the old body did.
    function.remove_attribute(Place::Function, "memory");
    Builder::in_new_block(module.context(), function)
}

fn abort(module: &Module, builder: &Builder) {
    builder.system_call(module, "abort", &[]);
    builder.unreachable();
}
