//! Shifts and rotations by distances that only run time knows.

use crate::{Operands, Operation, operation};

macro_rules! shifts {
    ($($type:ident),*) => {
        &[
            $(
                operation!(concat!("shift left ", stringify!($type)), |o: &Operands| {
                    let (value, lost) = (o[0] as $type).overflowing_shl(o[1] as u32);
                    [value as u128, lost.into()]
                }),
                operation!(concat!("shift right ", stringify!($type)), |o: &Operands| {
                    let (value, lost) = (o[0] as $type).overflowing_shr(o[1] as u32);
                    [value as u128, lost.into()]
                }),
                operation!(concat!("rotate ", stringify!($type)), |o: &Operands| {
                    let (value, distance) = (o[0] as $type, o[1] as u32);
                    let left = value.rotate_left(distance);
                    [left as u128, value.rotate_right(distance) as u128]
                }),
                operation!(concat!("shift by a constant ", stringify!($type)), |o: &Operands| {
                    let value = o[0] as $type;
                    [(value << 5) as u128, (value >> 3) as u128]
                }),
            )*
            operation!("funnel shift u128", |o| {
                let distance = (o[2] % 127 + 1) as u32;
                let left = o[0] << distance | o[1] >> (128 - distance);
                [left, o[0] << (128 - distance) | o[1] >> distance]
            }),
            operation!("shift far by a constant u128", |o| [o[0] << 77, o[0] >> 64]),
        ]
    };
}

pub const OPERATIONS: &[Operation] = shifts!(u8, u16, u32, u64, u128, i8, i16, i32, i64, i128);
