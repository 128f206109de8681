//! Multiplication that tells whether it overflowed.

use anyhow::{Result, bail};

use super::{
    Body,
    arithmetic::{magnitude, multiply},
    bits,
};
use crate::llvm::{Builder, Predicate, Value};

pub(super) fn rewrite(body: &Body, call: Value, signed: bool) -> Result<()> {
    let width = bits(call.operand(0).type_())?;
    if width <= 32 {
        // The back end multiplies in 64 bits and looks at the rest.
        return Ok(());
    }
    let builder = body.before(call);
    // Each operand is used several times, and must be the same each time.
    let operands = [0, 1].map(|index| {
        let operand = call.operand(index);
        if operand.is_constant_integer() { operand } else { builder.freeze(operand) }
    });
    let (product, overflowed) = match width {
        64 => {
            let product = builder.mul(operands[0], operands[1]);
            let overflowed = if signed {
                signed_overflow(&builder, operands)
            } else {
                unsigned_overflow(&builder, operands, product)
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
    let pair = builder.insert(builder.poison(call.type_()), product, 0);
    body.replace(call, builder.insert(pair, overflowed, 1));
    Ok(())
}

/// Divides the wrapped product by one factor: the other comes back only if nothing was lost.
fn unsigned_overflow(builder: &Builder, [a, b]: [Value; 2], product: Value) -> Value {
    let (factor, other) = if a.constant_value().is_some() { (b, a) } else { (a, b) };
    match other.constant_value() {
        Some(0) => return builder.constant(1, 0),
        Some(constant) => {
            let limit = builder.constant(64, u64::MAX / constant);
            return builder.compare(Predicate::LLVMIntUGT, factor, limit);
        }
        None => {}
    }
    let is_zero = builder.compare(Predicate::LLVMIntEQ, factor, builder.constant(64, 0));
    let divisor = builder.select(is_zero, builder.constant(64, 1), factor);
    let quotient = builder.udiv(product, divisor);
    let differs = builder.compare(Predicate::LLVMIntNE, quotient, other);
    builder.and(builder.not(is_zero), differs)
}

/// The product of the magnitudes must fit 64 bits, and be at most 2⁶³ - 1, or 2⁶³ if the result
/// is negative.
fn signed_overflow(builder: &Builder, [a, b]: [Value; 2]) -> Value {
    let magnitudes = [a, b].map(|operand| magnitude(builder, operand).0);
    let product = builder.mul(magnitudes[0], magnitudes[1]);
    let lost = unsigned_overflow(builder, magnitudes, product);
    let negative = builder.lshr(builder.xor(a, b), builder.constant(64, 63));
    let limit = builder.add(negative, builder.constant(64, i64::MAX.unsigned_abs()));
    builder.or(lost, builder.compare(Predicate::LLVMIntUGT, product, limit))
}
