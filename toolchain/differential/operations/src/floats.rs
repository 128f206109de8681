//! Floating point. The venue's rules have none; what it depends on may.

use crate::{Operands, Operation, operation};

macro_rules! arithmetic {
    ($($type:ident from $bits:ident),*) => {
        &[
            $(
                operation!(concat!("add ", stringify!($type)), |o: &Operands| {
                    let (a, b) = ($type::from_bits(o[0] as $bits), $type::from_bits(o[1] as $bits));
                    [bits!($bits, a + b), bits!($bits, a - b)]
                }),
                operation!(concat!("multiply ", stringify!($type)), |o: &Operands| {
                    let (a, b) = ($type::from_bits(o[0] as $bits), $type::from_bits(o[1] as $bits));
                    [bits!($bits, a * b), bits!($bits, a / b)]
                }),
                operation!(concat!("compare ", stringify!($type)), |o: &Operands| {
                    let (a, b) = ($type::from_bits(o[0] as $bits), $type::from_bits(o[1] as $bits));
                    let order = u128::from(a < b) | u128::from(a <= b) << 1;
                    [order | u128::from(a == b) << 2 | u128::from(a > b) << 3, (a >= b).into()]
                }),
                operation!(concat!("to 64 bits ", stringify!($type)), |o: &Operands| {
                    let value = $type::from_bits(o[0] as $bits);
                    [(value as u64).into(), value as i64 as u128]
                }),
                operation!(concat!("to 32 bits ", stringify!($type)), |o: &Operands| {
                    let value = $type::from_bits(o[0] as $bits);
                    [(value as u32).into(), value as i32 as u128]
                }),
                operation!(concat!("to 128 bits ", stringify!($type)), |o: &Operands| {
                    let value = $type::from_bits(o[0] as $bits);
                    [value as u128, value as i128 as u128]
                }),
                operation!(concat!("from 64 bits ", stringify!($type)), |o: &Operands| {
                    let value = o[0] as u64;
                    [bits!($bits, value as $type), bits!($bits, value as i64 as $type)]
                }),
                operation!(concat!("from 32 bits ", stringify!($type)), |o: &Operands| {
                    let value = o[0] as u32;
                    [bits!($bits, value as $type), bits!($bits, value as i32 as $type)]
                }),
                operation!(concat!("from 128 bits ", stringify!($type)), |o: &Operands| {
                    [bits!($bits, o[0] as $type), bits!($bits, o[0] as i128 as $type)]
                }),
            )*
            operation!("between f32 and f64", |o| {
                let (narrow, wide) = (f32::from_bits(o[0] as u32), f64::from_bits(o[1] as u64));
                [bits!(u64, f64::from(narrow)), bits!(u32, wide as f32)]
            }),
        ]
    };
}

/// The bits of a number; those of all that are not numbers are alike, since nobody defines them.
macro_rules! bits {
    ($bits:ident, $value:expr) => {{
        let value = $value;
        u128::from(if value.is_nan() { $bits::MAX } else { value.to_bits() })
    }};
}

pub const OPERATIONS: &[Operation] = arithmetic!(f32 from u32, f64 from u64);
