//! Integer arithmetic of every width.

use crate::{Operands, Operation, Output, maybe, operation};

/// The arithmetic of one integer type. Casts keep the low bits of an operand and extend a result
/// by its sign, as `as` does.
macro_rules! arithmetic {
    ($($type:ident),*) => {
        &[
            $(
                operation!(concat!("add ", stringify!($type)), |o: &Operands| {
                    let (sum, overflowed) = (o[0] as $type).overflowing_add(o[1] as $type);
                    [sum as u128, overflowed.into()]
                }),
                operation!(concat!("subtract ", stringify!($type)), |o: &Operands| {
                    let (rest, overflowed) = (o[0] as $type).overflowing_sub(o[1] as $type);
                    [rest as u128, overflowed.into()]
                }),
                operation!(concat!("multiply ", stringify!($type)), |o: &Operands| {
                    let (product, overflowed) = (o[0] as $type).overflowing_mul(o[1] as $type);
                    [product as u128, overflowed.into()]
                }),
                operation!(concat!("multiply, wrapping ", stringify!($type)), |o: &Operands| {
                    [(o[0] as $type).wrapping_mul(o[1] as $type) as u128, 0]
                }),
                operation!(concat!("multiply by a constant ", stringify!($type)), |o: &Operands| {
                    maybe((o[0] as $type).checked_mul(113).map(|product| product as u128))
                }),
                operation!(concat!("divide ", stringify!($type)), |o: &Operands| {
                    maybe((o[0] as $type).checked_div(o[1] as $type).map(|part| part as u128))
                }),
                operation!(concat!("remainder ", stringify!($type)), |o: &Operands| {
                    maybe((o[0] as $type).checked_rem(o[1] as $type).map(|rest| rest as u128))
                }),
                operation!(concat!("divide by a constant ", stringify!($type)), |o: &Operands| {
                    [((o[0] as $type) / 10) as u128, ((o[0] as $type) % 100) as u128]
                }),
                operation!(concat!("compare ", stringify!($type)), |o: &Operands| {
                    let (a, b) = (o[0] as $type, o[1] as $type);
                    [(a < b).into(), a.max(b) as u128]
                }),
                operation!(concat!("saturate ", stringify!($type)), |o: &Operands| {
                    let (a, b) = (o[0] as $type, o[1] as $type);
                    [a.saturating_add(b) as u128, a.saturating_mul(b) as u128]
                }),
                operation!(concat!("saturate downwards ", stringify!($type)), |o: &Operands| {
                    [(o[0] as $type).saturating_sub(o[1] as $type) as u128, 0]
                }),
                operation!(concat!("branch on overflow ", stringify!($type)), |o: &Operands| {
                    let (a, b) = (o[0] as $type, o[1] as $type);
                    let sum = maybe(a.checked_add(b).map(|sum| sum as u128));
                    let rest = maybe(a.checked_sub(b).map(|rest| rest as u128));
                    [sum[0] ^ rest[0], sum[1] | rest[1] << 1]
                }),
                operation!(concat!("count bits ", stringify!($type)), |o: &Operands| {
                    let value = o[0] as $type;
                    let zeros = value.leading_zeros() << 8 | value.trailing_zeros();
                    [(zeros << 8 | value.count_ones()).into(), value.swap_bytes() as u128]
                }),
                operation!(concat!("logarithm ", stringify!($type)), |o: &Operands| {
                    maybe((o[0] as $type).checked_ilog2().map(u128::from))
                }),
            )*
            operation!("high half of u128 times u128", high_half),
            operation!("remainder, Euclidean i128", |o| {
                maybe((o[0] as i128).checked_rem_euclid(o[1] as i128).map(|rest| rest as u128))
            }),
            operation!("divide, Euclidean i64", |o| {
                maybe((o[0] as i64).checked_div_euclid(o[1] as i64).map(|part| part as u128))
            }),
            operation!("square root u128", |o| [o[0].isqrt(), (o[0] as u64).isqrt().into()]),
        ]
    };
}

pub const OPERATIONS: &[Operation] = arithmetic!(u8, u16, u32, u64, u128, i8, i16, i32, i64, i128);

/// LLVM recognises this schoolbook multiplication and makes a 256-bit product of it.
fn high_half(operands: &Operands) -> Output {
    let (a, b) = (operands[0], operands[1]);
    let halves = |value: u128| (value & u128::from(u64::MAX), value >> 64);
    let ((low_a, high_a), (low_b, high_b)) = (halves(a), halves(b));
    let low = low_a * low_b;
    let first = high_a * low_b + (low >> 64);
    let second = low_a * high_b + (first & u128::from(u64::MAX));
    [high_a * high_b + (first >> 64) + (second >> 64), a.wrapping_mul(b)]
}
