//! Arithmetic that tells whether it overflowed, or saturates.

use anyhow::{Result, bail};

use super::{
    Body,
    arithmetic::{magnitude, multiply},
    bits, refuse_wide_vectors,
};
use crate::llvm::{Builder, Opcode, Predicate, Value};

pub(super) fn rewrite(body: &Body, call: Value, signed: bool) -> Result<()> {
    let width = bits(call.operand(0).type_())?;
    if width <= 32 {
        // The back end multiplies in 64 bits and looks at the rest.
        return Ok(());
    }
    let builder = body.before(call);
    let operands = operands(&builder, call);
    let (product, overflowed) = match width {
        64 => {
            let product = builder.mul(operands[0], operands[1]);
            let overflowed = if signed {
                signed_overflow(&builder, operands)
            } else {
                unsigned_overflow(&builder, operands)
            };
            (product, overflowed)
        }
        128 => {
            let helper = if signed { "__sbpf_smulo128" } else { "__sbpf_umulo128" };
            let product = multiply(body, &builder, operands)?;
            (product, builder.call(body.runtime(helper)?, &operands))
        }
        width => bail!("{width}-bit multiplication"),
    };
    replace_by_pair(body, &builder, call, product, overflowed);
    Ok(())
}

/// Sums and differences of 64 bits. Left to the back end, whether one overflowed becomes a number,
/// and every branch on it four instructions longer than one on the comparison itself.
pub(super) fn rewrite_sum(body: &Body, call: Value, name: &str) -> Result<()> {
    if !is_word(call) {
        return refuse_wide_vectors(call);
    }
    let builder = body.before(call);
    let [a, b] = operands(&builder, call);
    let is_sum = name.contains("add");
    let result = if is_sum { sum(&builder, a, b) } else { builder.sub(a, b) };
    let less = |left, right| builder.compare(Predicate::LLVMIntULT, left, right);
    let overflowed = match name {
        "llvm.uadd.with.overflow" => less(result, a),
        "llvm.usub.with.overflow" => less(a, b),
        _ => {
            // Operands of one sign, for a difference of two, and a result of the other.
            let other = if is_sum { result } else { a };
            let signs = builder.and(builder.xor(a, result), builder.xor(b, other));
            builder.compare(Predicate::LLVMIntSLT, signs, builder.constant(64, 0))
        }
    };
    replace_by_pair(body, &builder, call, result, overflowed);
    Ok(())
}

/// A sum that is compared with something: the optimiser checks for overflow like that. See [`sum`].
pub(super) fn rewrite_compared_sum(body: &Body, instruction: Value) -> Result<()> {
    let is_compared = |user: Value| user.opcode() == Opcode::LLVMICmp;
    if !is_word(instruction) {
        return refuse_wide_vectors(instruction);
    }
    if instruction.users().into_iter().any(is_compared) {
        let [a, b] = [0, 1].map(|index| instruction.operand(index));
        body.replace(instruction, sum(&body.before(instruction), a, b));
    }
    Ok(())
}

/// Unsigned sums and differences of 64 bits that end at the type's bounds.
pub(super) fn rewrite_saturating(body: &Body, call: Value, name: &str) -> Result<()> {
    if !is_word(call) {
        return refuse_wide_vectors(call);
    }
    let builder = body.before(call);
    let [a, b] = operands(&builder, call);
    let less = |left, right| builder.compare(Predicate::LLVMIntULT, left, right);
    let result = if name == "llvm.uadd.sat" {
        let sum = sum(&builder, a, b);
        builder.select(less(sum, a), builder.constant(64, u64::MAX), sum)
    } else {
        builder.select(less(b, a), builder.sub(a, b), builder.constant(64, 0))
    };
    body.replace(call, result);
    Ok(())
}

/// A sum that code generation does not recognise as one compared with an operand, or it would turn
/// the two into what they were: instruction selection makes an addition of it.
fn sum(builder: &Builder, a: Value, b: Value) -> Value {
    builder.sub(a, builder.sub(builder.constant(64, 0), b))
}

fn is_word(call: Value) -> bool {
    call.operand(0).type_().integer_bits() == Some(64)
}

/// Each operand is used several times, and must be the same each time.
fn operands(builder: &Builder, call: Value) -> [Value; 2] {
    [0, 1].map(|index| {
        let operand = call.operand(index);
        if operand.is_constant_integer() { operand } else { builder.freeze(operand) }
    })
}

/// Whoever takes one of the two out of the pair gets that one. The pair itself, used in another
/// block, would keep whether it overflowed in a register, and no branch could compare for itself.
fn replace_by_pair(body: &Body, builder: &Builder, call: Value, result: Value, overflowed: Value) {
    let mut is_whole = false;
    for user in call.users() {
        match user.extracted_field() {
            Some(0) => user.replace_uses_with(result),
            Some(_) => user.replace_uses_with(overflowed),
            None => is_whole = true,
        }
    }
    let mut pair = builder.poison(call.type_());
    if is_whole {
        pair = builder.insert(builder.insert(pair, result, 0), overflowed, 1);
    }
    body.replace(call, pair);
}

/// A product overflows if one factor exceeds the largest number divided by the other. With zero as
/// the divisor, one takes its place: neither makes a product that overflows.
fn unsigned_overflow(builder: &Builder, [a, b]: [Value; 2]) -> Value {
    let (factor, other) = if a.constant_value().is_some() { (b, a) } else { (a, b) };
    let limit = match other.constant_value() {
        Some(constant) => builder.constant(64, u64::MAX / constant.max(1)),
        None => {
            let one = builder.constant(64, 1);
            let is_zero = builder.compare(Predicate::LLVMIntULT, other, one);
            builder.udiv(builder.constant(64, u64::MAX), builder.select(is_zero, one, other))
        }
    };
    builder.compare(Predicate::LLVMIntUGT, factor, limit)
}

/// The product of the magnitudes must fit 64 bits, and be at most 2⁶³ - 1, or 2⁶³ if the result
/// is negative.
fn signed_overflow(builder: &Builder, [a, b]: [Value; 2]) -> Value {
    let magnitudes = [a, b].map(|operand| magnitude(builder, operand).0);
    let product = builder.mul(magnitudes[0], magnitudes[1]);
    let lost = unsigned_overflow(builder, magnitudes);
    let negative = builder.lshr(builder.xor(a, b), builder.constant(64, 63));
    let limit = builder.add(negative, builder.constant(64, i64::MAX.unsigned_abs()));
    builder.or(lost, builder.compare(Predicate::LLVMIntUGT, product, limit))
}
