//! Floating point: instruction selection calls compiler_builtins for everything but 128-bit
//! conversions, which are rewritten to calls here.

use anyhow::{Context as _, Result, bail};

use super::{Body, bits};
use crate::llvm::{Builder, Kind, Module, Opcode, Place, Type, Value};

/// Functions of compiler_builtins that instruction selection may call.
pub const HELPERS: [&str; 40] = [
    "__adddf3",
    "__addsf3",
    "__divdf3",
    "__divsf3",
    "__eqdf2",
    "__eqsf2",
    "__extendsfdf2",
    "__fixdfdi",
    "__fixdfsi",
    "__fixsfdi",
    "__fixsfsi",
    "__fixunsdfdi",
    "__fixunsdfsi",
    "__fixunssfdi",
    "__fixunssfsi",
    "__floatdidf",
    "__floatdisf",
    "__floatsidf",
    "__floatsisf",
    "__floatundidf",
    "__floatundisf",
    "__floatunsidf",
    "__floatunsisf",
    "__gedf2",
    "__gesf2",
    "__gtdf2",
    "__gtsf2",
    "__ledf2",
    "__lesf2",
    "__ltdf2",
    "__ltsf2",
    "__muldf3",
    "__mulsf3",
    "__nedf2",
    "__nesf2",
    "__subdf3",
    "__subsf3",
    "__truncdfsf2",
    "__unorddf2",
    "__unordsf2",
];

/// Functions of compiler_builtins that the rewritten conversions call.
pub const WIDE_HELPERS: [&str; 8] = [
    "__fixdfti",
    "__fixsfti",
    "__fixunsdfti",
    "__fixunssfti",
    "__floattidf",
    "__floattisf",
    "__floatuntidf",
    "__floatuntisf",
];

/// Instructions on floating-point numbers.
pub const OPERATIONS: [Opcode; 13] = [
    Opcode::LLVMFAdd,
    Opcode::LLVMFSub,
    Opcode::LLVMFMul,
    Opcode::LLVMFDiv,
    Opcode::LLVMFRem,
    Opcode::LLVMFNeg,
    Opcode::LLVMFCmp,
    Opcode::LLVMFPToSI,
    Opcode::LLVMFPToUI,
    Opcode::LLVMSIToFP,
    Opcode::LLVMUIToFP,
    Opcode::LLVMFPExt,
    Opcode::LLVMFPTrunc,
];

/// Whether code outside the helpers needs them.
pub fn are_used(module: &Module) -> bool {
    module
        .functions()
        .into_iter()
        .filter(|function| !HELPERS.contains(&&*function.name()))
        .flat_map(Value::instructions)
        .any(is_arithmetic)
}

/// Makes the helpers return what their callers expect.
///
/// Instruction selection takes the upper half of a helper's 32-bit result for zeros. Nothing makes
/// a function that returns `float` leave zeros there, nor one that returns `i32` without saying so.
pub fn extend_results(module: &Module) {
    for name in HELPERS {
        let Some(helper) = module.function(name).filter(|helper| !helper.is_declaration()) else {
            continue;
        };
        let result = helper.function_type().returned();
        if result.integer_bits() == Some(32) {
            helper.add_attribute(Place::Result, "zeroext");
        } else if result.kind() == Kind::LLVMFloatTypeKind {
            wrap(module, helper, name);
        }
    }
}

/// Puts a function that returns the bits of a helper's result in the helper's place.
fn wrap(module: &Module, helper: Value, name: &str) {
    helper.set_name(&format!("{name}.float"));
    let bits = Builder::detached(module.context()).integer(32);
    let wrapper = module.add_function(name, bits.function(&helper.function_type().parameters()));
    wrapper.add_attribute(Place::Result, "zeroext");
    let builder = Builder::in_new_block(module.context(), wrapper);
    let result = builder.call(helper, &wrapper.parameters());
    builder.return_value(builder.bitcast(result, bits));
}

fn is_arithmetic(instruction: Value) -> bool {
    let mut types = instruction.operands().map(Value::type_).chain([instruction.type_()]);
    match instruction.opcode() {
        Opcode::LLVMCall => {
            let callee = instruction.callee();
            callee.is_function() && callee.intrinsic().is_some() && types.any(is_float)
        }
        opcode => OPERATIONS.contains(&opcode),
    }
}

fn is_float(type_: Type) -> bool {
    matches!(type_.kind(), Kind::LLVMFloatTypeKind | Kind::LLVMDoubleTypeKind)
}

pub(super) fn rewrite(body: &Body, instruction: Value, opcode: Opcode) -> Result<()> {
    let (result, operand) = (instruction.type_(), instruction.operand(0).type_());
    match opcode {
        Opcode::LLVMFRem => bail!("the remainder of floating-point numbers"),
        Opcode::LLVMFPToSI | Opcode::LLVMFPToUI if bits(result)? > 64 => {
            to_integer(body, instruction, opcode == Opcode::LLVMFPToSI)
        }
        Opcode::LLVMSIToFP | Opcode::LLVMUIToFP if bits(operand)? > 64 => {
            to_float(body, instruction, opcode == Opcode::LLVMSIToFP)
        }
        _ => refuse_other_floats([result, operand]),
    }
}

/// A conversion that saturates, as Rust's `as` does.
pub(super) fn rewrite_saturating(body: &Body, call: Value, signed: bool) -> Result<()> {
    match bits(call.type_())? {
        0..=64 => refuse_other_floats([call.type_(), call.operand(0).type_()]),
        128 => to_integer(body, call, signed),
        width => bail!("{width} bits"),
    }
}

fn refuse_other_floats(types: [Type; 2]) -> Result<()> {
    for type_ in types {
        if type_.integer_bits().is_none() && !is_float(type_) {
            bail!("only f32 and f64 are handled");
        }
    }
    Ok(())
}

/// How compiler_builtins abbreviates the type.
fn abbreviation(type_: Type) -> Result<&'static str> {
    match type_.kind() {
        Kind::LLVMDoubleTypeKind => Ok("df"),
        Kind::LLVMFloatTypeKind => Ok("sf"),
        _ => None.context("only f32 and f64 are handled"),
    }
}

/// compiler_builtins saturates, which suits both conversions; it returns 128 bits by pointer.
fn to_integer(body: &Body, instruction: Value, signed: bool) -> Result<()> {
    let width = bits(instruction.type_())?;
    if width > 128 {
        bail!("a conversion to {width} bits");
    }
    let value = instruction.operand(0);
    let kind = if signed { "" } else { "uns" };
    let helper = body.runtime(&format!("__fix{kind}{}ti", abbreviation(value.type_())?))?;
    let result = body.scratch();
    let builder = body.before(instruction);
    let type_ = builder.void().function(&[builder.pointer(), value.type_()]);
    builder.call_as(type_, helper, &[result, value]);
    let integer = builder.load(builder.integer(128), result);
    body.replace(instruction, builder.resize(integer, width));
    Ok(())
}

/// compiler_builtins takes 128 bits by pointer.
fn to_float(body: &Body, instruction: Value, signed: bool) -> Result<()> {
    let value = instruction.operand(0);
    let width = bits(value.type_())?;
    if width > 128 {
        bail!("a conversion from {width} bits");
    }
    let kind = if signed { "" } else { "un" };
    let helper = body.runtime(&format!("__float{kind}ti{}", abbreviation(instruction.type_())?))?;
    let argument = body.scratch();
    let builder = body.before(instruction);
    let integer =
        if signed { builder.resize_signed(value, 128) } else { builder.resize(value, 128) };
    builder.store(integer, argument);
    let type_ = instruction.type_().function(&[builder.pointer()]);
    body.replace(instruction, builder.call_as(type_, helper, &[argument]));
    Ok(())
}
