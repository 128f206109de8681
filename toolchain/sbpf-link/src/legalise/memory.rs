//! Copying, filling and comparing memory, by system calls of the virtual machine.

use super::Body;
use crate::llvm::Value;

/// Up to this many bytes the back end moves words itself, which is cheaper than a system call.
const INLINE: u64 = 64;

/// Copying between ranges that may overlap loads everything before it stores anything, which
/// takes twice the registers.
const INLINE_OVERLAPPING: u64 = INLINE / 2;

/// A call of a memory intrinsic. The result of these is nothing.
pub(super) fn rewrite_intrinsic(body: &Body, call: Value, name: &str) {
    let (to, from_or_byte, length) = (call.operand(0), call.operand(1), call.operand(2));
    let fills = name == "llvm.memset";
    let limit = if name == "llvm.memmove" { INLINE_OVERLAPPING } else { INLINE };
    let is_small = length.constant_value().is_some_and(|length| length <= limit);
    if is_small && (!fills || from_or_byte.is_constant_integer()) {
        return;
    }
    let builder = body.before(call);
    let length = builder.resize(length, 64);
    if fills {
        let byte = builder.resize(from_or_byte, 64);
        builder.system_call(body.module, "sol_memset_", &[to, byte, length]);
    } else {
        // LLVM lets both ranges be the same, which `sol_memcpy_` refuses.
        builder.system_call(body.module, "sol_memmove_", &[to, from_or_byte, length]);
    }
    call.erase();
}

/// A call of a function that may be one of C's. Saves the call of the function in `runtime.ll`
/// that would make the system call.
pub(super) fn rewrite_function(body: &Body, call: Value, name: &str) {
    match name {
        "memcpy" | "memmove" => {
            let (to, from, length) = (call.operand(0), call.operand(1), call.operand(2));
            body.before(call).system_call(body.module, "sol_memmove_", &[to, from, length]);
            body.replace(call, to);
        }
        "memset" => {
            let (to, length) = (call.operand(0), call.operand(2));
            let builder = body.before(call);
            let byte = builder.resize(builder.resize(call.operand(1), 8), 64);
            builder.system_call(body.module, "sol_memset_", &[to, byte, length]);
            body.replace(call, to);
        }
        "memcmp" | "bcmp" => compare(body, call),
        _ => {}
    }
}

fn compare(body: &Body, call: Value) {
    let (left, right, length) = (call.operand(0), call.operand(1), call.operand(2));
    if length.constant_value().is_some_and(|length| length <= INLINE) {
        return;
    }
    let result = body.scratch();
    let builder = body.before(call);
    builder.system_call(body.module, "sol_memcmp_", &[left, right, length, result]);
    body.replace(call, builder.load(builder.integer(32), result));
}
