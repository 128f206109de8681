//! Multiplication and division.
//!
//! The machine multiplies and divides unsigned 64-bit numbers. Signed and 128-bit arithmetic is
//! made of that, the latter by functions of `runtime.ll`.

use anyhow::{Result, bail};

use super::{Body, bits};
use crate::llvm::{Builder, Kind, Opcode, Value};

/// Functions of compiler_builtins that `runtime.ll` calls.
pub const HELPERS: [&str; 2] = ["__udivti3", "__umodti3"];

pub(super) fn rewrite(body: &Body, instruction: Value, opcode: Opcode) -> Result<()> {
    let multiplies = opcode == Opcode::LLVMMul;
    let type_ = instruction.type_();
    let is_vector = type_.kind() == Kind::LLVMVectorTypeKind;
    // The back end takes these apart into scalar instructions that the machine has.
    let is_simple = matches!(opcode, Opcode::LLVMMul | Opcode::LLVMUDiv | Opcode::LLVMURem);
    if is_vector && is_simple && bits(type_.element())? <= 64 {
        return Ok(());
    }
    match bits(type_)? {
        0..=64 if is_simple => Ok(()),
        width @ 0..=64 => {
            divide_signed(body, instruction, opcode, width);
            Ok(())
        }
        width @ 65..=128 => wide(body, instruction, opcode, width),
        width @ 129..=256 if multiplies => widest(body, instruction, width),
        width => bail!("{width}-bit arithmetic"),
    }
}

/// Division of up to 64 bits by magnitudes. Overflow is undefined behaviour, as is a zero divisor.
fn divide_signed(body: &Body, instruction: Value, opcode: Opcode, width: u32) {
    let builder = body.before(instruction);
    let operand = |index| builder.resize_signed(instruction.operand(index), 64);
    let (left, left_sign) = magnitude(&builder, operand(0));
    let (right, right_sign) = magnitude(&builder, operand(1));
    let (result, sign) = if opcode == Opcode::LLVMSRem {
        (builder.urem(left, right), left_sign)
    } else {
        (builder.udiv(left, right), builder.xor(left_sign, right_sign))
    };
    // Negates where the sign is all ones.
    let result = builder.sub(builder.xor(result, sign), sign);
    body.replace(instruction, builder.resize(result, width));
}

/// The magnitude of a signed 64-bit number, and its sign bit in every bit.
pub(super) fn magnitude(builder: &Builder, value: Value) -> (Value, Value) {
    let sign = builder.ashr(value, builder.constant(64, 63));
    (builder.sub(builder.xor(value, sign), sign), sign)
}

fn wide(body: &Body, instruction: Value, opcode: Opcode, width: u32) -> Result<()> {
    let builder = body.before(instruction);
    let operand = |index| match opcode {
        Opcode::LLVMSDiv | Opcode::LLVMSRem => {
            builder.resize_signed(instruction.operand(index), 128)
        }
        _ => builder.resize(instruction.operand(index), 128),
    };
    let operands = [operand(0), operand(1)];
    let helper = match opcode {
        Opcode::LLVMUDiv => "__sbpf_udiv128",
        Opcode::LLVMURem => "__sbpf_urem128",
        Opcode::LLVMSDiv => "__sbpf_sdiv128",
        Opcode::LLVMSRem => "__sbpf_srem128",
        _ => {
            let product = multiply(body, &builder, operands)?;
            body.replace(instruction, builder.resize(product, width));
            return Ok(());
        }
    };
    let result = builder.call(body.runtime(helper)?, &operands);
    body.replace(instruction, builder.resize(result, width));
    Ok(())
}

/// The low 128 bits of a product.
pub(super) fn multiply(body: &Body, builder: &Builder, operands: [Value; 2]) -> Result<Value> {
    let [(low_a, high_a), (low_b, high_b)] = operands.map(|operand| split(builder, operand));
    let low = builder.mul(low_a, low_b);
    let carried = builder.call(body.runtime("__sbpf_mulhi")?, &[low_a, low_b]);
    let high = builder.add(carried, builder.mul(low_a, high_b));
    let high = builder.add(high, builder.mul(high_a, low_b));
    Ok(join(builder, low, high))
}

/// A product of 129 to 256 bits, which LLVM makes of code that computes a high half. The
/// operands are mostly extended, so their high halves are mostly zero.
fn widest(body: &Body, instruction: Value, width: u32) -> Result<()> {
    let builder = body.before(instruction);
    let half = builder.constant(256, 128);
    let halves = |operand: Value| {
        let wide = builder.resize(operand, 256);
        let high = builder.resize(builder.lshr(wide, half), 128);
        let known_zero = high.is_zero()
            || operand
                .zero_extended()
                .is_some_and(|from| from.type_().integer_bits().is_some_and(|bits| bits <= 128));
        (builder.resize(wide, 128), (!known_zero).then_some(high))
    };
    let (low_a, high_a) = halves(instruction.operand(0));
    let (low_b, high_b) = halves(instruction.operand(1));
    builder.call(body.runtime("__sbpf_mulwide128")?, &[body.scratch(), low_a, low_b]);
    let mut product = builder.load(builder.integer(256), body.scratch());
    for (high, low) in [(high_a, low_b), (high_b, low_a)] {
        if let Some(high) = high {
            let cross = builder.resize(multiply(body, &builder, [high, low])?, 256);
            product = builder.add(product, builder.shl(cross, half));
        }
    }
    body.replace(instruction, builder.resize(product, width));
    Ok(())
}

/// The low and the high 64 bits of a 128-bit number.
pub(super) fn split(builder: &Builder, value: Value) -> (Value, Value) {
    let high = builder.lshr(value, builder.constant(128, 64));
    (builder.resize(value, 64), builder.resize(high, 64))
}

/// A 128-bit number from its halves.
pub(super) fn join(builder: &Builder, low: Value, high: Value) -> Value {
    let high = builder.shl(builder.resize(high, 128), builder.constant(128, 64));
    builder.or(builder.resize(low, 128), high)
}
