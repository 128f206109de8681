//! Calls.

use anyhow::{Result, bail};

use super::{Plan, Plans};
use crate::llvm::{Builder, Kind, Module, Opcode, Place, Value};

/// The caller's memory that its calls use, one at a time.
struct Slots {
    result: Option<Value>,
    arguments: Option<Value>,
}

/// Makes all calls in a function by the types their callees have.
pub(super) fn rewrite(module: &Module, plans: &mut Plans, function: Value) -> Result<()> {
    let mut planned = Vec::new();
    for instruction in function.instructions() {
        if instruction.opcode() == Opcode::LLVMCall
            && let Some(plan) = check(module, plans, instruction)?
        {
            planned.push((instruction, plan));
        }
    }
    let results = planned.iter().filter_map(|(_, plan)| plan.result);
    let arguments = planned.iter().filter_map(|(_, plan)| plan.packed);
    let largest_result = results.map(|type_| module.size_of(type_)).max();
    let largest_arguments = arguments.map(|type_| module.size_of(type_)).max();
    let reserve = |bytes| Builder::at_start(module.context(), function).reserve(bytes);
    let slots =
        Slots { result: largest_result.map(reserve), arguments: largest_arguments.map(reserve) };
    for (call, plan) in planned {
        replace(module, call, &plan, &slots);
    }
    Ok(())
}

/// Readies a call, and gives the plan for it if its type does not fit.
fn check(module: &Module, plans: &mut Plans, call: Value) -> Result<Option<Plan>> {
    let callee = call.callee();
    if callee.is_inline_assembly() {
        if call.type_().kind() != Kind::LLVMVoidTypeKind {
            bail!("inline assembly with a result");
        }
        return Ok(None);
    }
    if callee.is_function() && callee.intrinsic().is_some() {
        return Ok(None);
    }
    if call.is_special_call() {
        bail!("a call with operand bundles, or one that must reuse its caller's frame");
    }
    call.call_by_c_calling_convention();
    for index in 0..call.arguments().len() {
        if call.has_attribute(Place::Argument(index), "byval") {
            bail!("an argument is passed by value in memory");
        }
        call.remove_attribute(Place::Argument(index), "sret");
    }
    let plan = plans.of(&Builder::detached(module.context()), call.called_type())?;
    if callee.is_function() {
        refuse_other_type(call, callee, plan.as_ref())?;
    }
    Ok(plan)
}

/// A callee that is called by another type than its own must be called alike nonetheless.
fn refuse_other_type(call: Value, callee: Value, plan: Option<&Plan>) -> Result<()> {
    let defined = callee.function_type();
    let called = plan.map_or(call.called_type(), |plan| plan.type_);
    let alike = defined == called
        || (plan.is_none() && defined.parameter_count() == called.parameter_count());
    if !alike {
        bail!("{} is called by another type than its own", callee.name());
    }
    Ok(())
}

fn replace(module: &Module, old: Value, plan: &Plan, slots: &Slots) {
    let builder = Builder::before(module.context(), old);
    let (kept, packed) = (old.arguments(), plan.packed.zip(slots.arguments));
    let (kept, others) = kept.split_at(plan.kept);
    let result = plan.result.zip(slots.result);
    let mut arguments = Vec::new();
    arguments.extend(result.map(|(_, address)| address));
    arguments.extend(kept);
    if let Some((structure, address)) = packed {
        for (index, argument) in others.iter().enumerate() {
            builder.store(*argument, builder.field(structure, address, index));
        }
        arguments.push(address);
    }
    let new = builder.call_as(plan.type_, old.callee(), &arguments);
    new.copy_attributes_except(old, "memory");
    for (from, to) in plan.kept_places() {
        new.copy_extension(to, old, from);
    }
    if old.is_used() {
        let value = result.map_or(new, |(type_, address)| builder.load(type_, address));
        old.replace_uses_with(value);
    }
    old.erase();
}
