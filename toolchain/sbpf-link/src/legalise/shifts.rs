//! Shifts of 128-bit numbers by a distance that is not a constant.

use anyhow::{Result, bail};

use super::{
    Body,
    arithmetic::{join, split},
    bits, refuse_wide_vectors,
};
use crate::llvm::{Builder, Kind, Opcode, Predicate, Value};

pub(super) fn rewrite(body: &Body, instruction: Value, opcode: Opcode) -> Result<()> {
    if instruction.type_().kind() == Kind::LLVMVectorTypeKind {
        return refuse_wide_vectors(instruction);
    }
    let width = bits(instruction.type_())?;
    let (value, distance) = (instruction.operand(0), instruction.operand(1));
    if width <= 64 || distance.is_constant_integer() {
        return Ok(());
    }
    if width > 128 {
        bail!("a {width}-bit shift");
    }
    let builder = body.before(instruction);
    let value = match opcode {
        Opcode::LLVMAShr => builder.resize_signed(value, 128),
        _ => builder.resize(value, 128),
    };
    let shifted = shift(&builder, opcode, value, builder.resize(distance, 64));
    body.replace(instruction, builder.resize(shifted, width));
    Ok(())
}

/// A funnel shift: two numbers side by side, shifted, and the half of one kept.
pub(super) fn rewrite_funnel(body: &Body, call: Value, left: bool) -> Result<()> {
    if call.type_().kind() == Kind::LLVMVectorTypeKind {
        return refuse_wide_vectors(call);
    }
    let width = bits(call.type_())?;
    if width <= 64 {
        return Ok(());
    }
    if width != 128 {
        bail!("{width} bits");
    }
    let builder = body.before(call);
    let (high, low) = (call.operand(0), call.operand(1));
    let distance = builder.and(builder.resize(call.operand(2), 64), builder.constant(64, 127));
    // The other number moves 128 - distance: one place by a constant, so that a distance of zero
    // shifts it by a legal 127 and one.
    let rest = builder.xor(distance, builder.constant(64, 127));
    let one = builder.constant(128, 1);
    let (high, low) = if left {
        let low = builder.lshr(low, one);
        (
            shift(&builder, Opcode::LLVMShl, high, distance),
            shift(&builder, Opcode::LLVMLShr, low, rest),
        )
    } else {
        let high = builder.shl(high, one);
        (
            shift(&builder, Opcode::LLVMShl, high, rest),
            shift(&builder, Opcode::LLVMLShr, low, distance),
        )
    };
    body.replace(call, builder.or(high, low));
    Ok(())
}

/// A 128-bit shift by a 64-bit distance below 128, in shifts of 64 bits by less than 64.
fn shift(builder: &Builder, opcode: Opcode, value: Value, distance: Value) -> Value {
    let (low, high) = split(builder, value);
    let last = builder.constant(64, 63);
    let zero = builder.constant(64, 0);
    let crosses = builder.compare(Predicate::LLVMIntUGT, distance, last);
    let near = builder.and(distance, last);
    // What moves from one half to the other moves 64 - near, as one and then 63 - near.
    let one = builder.constant(64, 1);
    let far = builder.xor(near, last);
    if opcode == Opcode::LLVMShl {
        let moved_low = builder.shl(low, near);
        let carried = builder.lshr(builder.lshr(low, one), far);
        let moved_high = builder.or(builder.shl(high, near), carried);
        let low = builder.select(crosses, zero, moved_low);
        return join(builder, low, builder.select(crosses, moved_low, moved_high));
    }
    let (moved_high, fill) = if opcode == Opcode::LLVMAShr {
        (builder.ashr(high, near), builder.ashr(high, last))
    } else {
        (builder.lshr(high, near), zero)
    };
    let carried = builder.shl(builder.shl(high, one), far);
    let moved_low = builder.or(builder.lshr(low, near), carried);
    let low = builder.select(crosses, moved_high, moved_low);
    join(builder, low, builder.select(crosses, fill, moved_high))
}
