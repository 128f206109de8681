//! Calls whose arguments or results do not fit the registers, direct and through pointers.

use alloc::boxed::Box;
use core::hint::black_box;

use crate::{Operation, Output, operation};

pub const OPERATIONS: &[Operation] = &[
    operation!("nine small arguments", |o| {
        let [a, b, c, d] = o.map(|operand| operand as u64);
        [nine(a, b as u8, c as i16, d as u32, a >> 32, b as i8, c > d, d as i64, c).into(), 0]
    }),
    operation!("four wide arguments", |o| [four(o[0], o[1], o[2], o[3]), 0]),
    operation!("wide result of wide arguments", |o| {
        let (sum, flag, product) = large(o[0], o[1] as u32, o[2] as i64, o[3]);
        [sum ^ product, flag.into()]
    }),
    operation!("through a pointer", |o| {
        let function: fn(u128, u128, u128, u128) -> u128 =
            black_box(if o[0] & 1 == 0 { four } else { four_otherwise });
        [function(o[0], o[1], o[2], o[3]), 0]
    }),
    operation!("large result through a pointer", |o| {
        let function = black_box(large as fn(u128, u32, i64, u128) -> (u128, bool, u128));
        let (sum, flag, product) = function(o[0], o[1] as u32, o[2] as i64, o[3]);
        [sum.wrapping_sub(product), flag.into()]
    }),
    operation!("through a trait", |o| {
        let shape: Box<dyn Shape> =
            if o[3] & 1 == 0 { Box::new(Narrow(o[0] as u8)) } else { Box::new(Wide(o[0], o[1])) };
        black_box(shape).measure(o[1], o[2], o[3] as u16, o[0] as i64)
    }),
    operation!("recursion", |o| [descend(o[0] as u32 % 40, o[1], o[2], o[3]), 0]),
    operation!("an optional wide result", |o| {
        crate::maybe(black_box(quotient as fn(u128, u128) -> Option<u128>)(o[0], o[1]))
    }),
    operation!("small integers keep their sign", |o| {
        let function = black_box(small as fn(i8, u8, i16, u16, i32, u32) -> i32);
        let [a, b, ..] = *o;
        [function(a as i8, b as u8, a as i16, b as u16, a as i32, b as u32) as u128, 0]
    }),
];

#[expect(clippy::too_many_arguments, reason = "more than there are registers")]
#[inline(never)]
fn nine(a: u64, b: u8, c: i16, d: u32, e: u64, f: i8, g: bool, h: i64, i: u64) -> u64 {
    let signed = (h ^ i64::from(c)).wrapping_mul(i64::from(f)) as u64;
    let unsigned = a.wrapping_mul(i).rotate_left(d) ^ e.wrapping_add(b.into());
    if g { signed } else { unsigned }
}

#[inline(never)]
fn four(a: u128, b: u128, c: u128, d: u128) -> u128 {
    a.wrapping_mul(b) ^ c.rotate_left(9).wrapping_sub(d)
}

#[inline(never)]
fn four_otherwise(a: u128, b: u128, c: u128, d: u128) -> u128 {
    d.wrapping_mul(c) ^ b.rotate_right(9).wrapping_sub(a)
}

#[inline(never)]
fn large(a: u128, b: u32, c: i64, d: u128) -> (u128, bool, u128) {
    (a.wrapping_add(b.into()), c < 0, d.wrapping_mul(c as u128))
}

#[inline(never)]
fn descend(depth: u32, a: u128, b: u128, c: u128) -> u128 {
    if depth == 0 {
        return a ^ b ^ c;
    }
    descend(depth - 1, b.rotate_left(depth), c, a.wrapping_add(b)).wrapping_add(a)
}

#[inline(never)]
fn quotient(a: u128, b: u128) -> Option<u128> {
    a.checked_div(b)
}

#[inline(never)]
fn small(a: i8, b: u8, c: i16, d: u16, e: i32, f: u32) -> i32 {
    let sum = i64::from(a) + i64::from(b) + i64::from(c) + i64::from(d) + i64::from(e);
    (sum - i64::from(f)) as i32
}

trait Shape {
    fn measure(&self, a: u128, b: u128, c: u16, d: i64) -> Output;
}

struct Narrow(u8);

impl Shape for Narrow {
    fn measure(&self, a: u128, b: u128, c: u16, d: i64) -> Output {
        [a.wrapping_add(self.0.into()), b ^ u128::from(c) ^ d as u128]
    }
}

struct Wide(u128, u128);

impl Shape for Wide {
    fn measure(&self, a: u128, b: u128, c: u16, d: i64) -> Output {
        [self.0.wrapping_mul(a), self.1.wrapping_sub(b) ^ d.rotate_left(c.into()) as u128]
    }
}
