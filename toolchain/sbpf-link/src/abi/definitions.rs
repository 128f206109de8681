//! Definitions.

use anyhow::{Result, bail};

use super::{Plan, Plans};
use crate::llvm::{Builder, Module, Opcode, Place, Value};

/// Gives a function the type it is called by.
pub(super) fn rewrite(module: &Module, plans: &mut Plans, function: Value) -> Result<()> {
    function.use_c_calling_convention();
    for index in 0..function.function_type().parameter_count() {
        if function.has_attribute(Place::Argument(index), "byval") {
            bail!("an argument is passed by value in memory");
        }
        // The back end refuses the attribute, though it is but a hint.
        function.remove_attribute(Place::Argument(index), "sret");
    }
    if function.is_declaration() && !function.is_used() {
        return Ok(());
    }
    let types = Builder::detached(module.context());
    let Some(plan) = plans.of(&types, function.function_type())? else { return Ok(()) };
    if function.is_declaration() {
        bail!("a function of the virtual machine does not fit its registers");
    }
    replace(module, function, &plan);
    Ok(())
}

fn replace(module: &Module, old: Value, plan: &Plan) {
    let name = old.name();
    let new = module.add_function("", plan.type_);
    // Its results and packed arguments are in memory, whatever it did with memory before.
    new.copy_attributes_except(old, "memory");
    for (from, to) in plan.kept_places() {
        new.copy_extension(to, old, from);
    }
    new.take_body(old);
    let (parameters, moved): (Vec<_>, Vec<_>) = (old.parameters(), new.parameters());
    for (index, parameter) in parameters.iter().take(plan.kept).enumerate() {
        parameter.replace_uses_with(moved[plan.moved(index)]);
    }
    unpack(module, new, &parameters, plan);
    if plan.result.is_some() {
        return_through(module, new, moved[0]);
    }
    old.replace_uses_with(new);
    old.delete_function();
    new.set_name(&name);
}

/// Loads the packed arguments at the start of the body.
fn unpack(module: &Module, function: Value, old_parameters: &[Value], plan: &Plan) {
    let (Some(structure), Some(address)) = (plan.packed, function.parameters().last().copied())
    else {
        return;
    };
    let builder = Builder::at_start(module.context(), function);
    for (index, parameter) in old_parameters.iter().skip(plan.kept).enumerate() {
        if parameter.is_used() {
            let field = builder.field(structure, address, index);
            parameter.replace_uses_with(builder.load(parameter.type_(), field));
        }
    }
}

/// Stores the result instead of returning it.
fn return_through(module: &Module, function: Value, address: Value) {
    for instruction in function.instructions() {
        if instruction.opcode() == Opcode::LLVMRet {
            let builder = Builder::before(module.context(), instruction);
            builder.store(instruction.operand(0), address);
            builder.return_nothing();
            instruction.erase();
        }
    }
}
