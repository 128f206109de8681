//! Copying, filling, comparing and sorting.

use alloc::vec::Vec;
use core::hint::black_box;

use crate::{Operands, Operation, Output, operation};

/// Longest range that is copied.
const LENGTH: usize = 200;

pub const OPERATIONS: &[Operation] = &[
    operation!("copy by a length", |o| {
        let (from, mut to) = (bytes(o), [7; LENGTH]);
        let length = length(o[2]);
        to[..length].copy_from_slice(&from[..length]);
        checksum(&to)
    }),
    operation!("copy forwards over itself", |o| moved(o, |length, gap| (0..length, gap))),
    operation!("copy backwards over itself", |o| moved(o, |length, gap| (gap..gap + length, 0))),
    operation!("fill by a length", |o| {
        let mut to = bytes(o);
        to[..length(o[2])].fill(o[3] as u8);
        checksum(&to)
    }),
    operation!("fill a constant length", |o| {
        let mut to = bytes(o);
        to[3..51].fill(o[3] as u8);
        to[60..190].fill(0);
        checksum(&to)
    }),
    operation!("copy constant lengths", |o| {
        let mut to = bytes(o);
        to.copy_within(0..1, 10);
        to.copy_within(1..8, 4);
        to.copy_within(9..41, 20);
        to.copy_within(50..114, 60);
        to.copy_within(15..180, 14);
        checksum(&to)
    }),
    operation!("compare by a length", |o| {
        let (left, mut right) = (bytes(o), bytes(o));
        let length = length(o[2]);
        right[o[3] as usize % LENGTH] ^= (o[3] >> 64) as u8;
        let order = left[..length].cmp(&right[..length]);
        [order as i8 as u128, (left[..length] == right[..length]).into()]
    }),
    operation!("compare constant lengths", |o| {
        let (left, mut right) = (bytes(o), bytes(o));
        right[o[3] as usize % LENGTH] ^= (o[3] >> 64) as u8;
        let equal =
            u128::from(left[..7] == right[..7]) | u128::from(left[..32] == right[..32]) << 1;
        [equal | u128::from(left[..64] == right[..64]) << 2, (left[1..] == right[1..]).into()]
    }),
    operation!("compare strings", |o| {
        let (left, right) = (o[0].to_be_bytes(), o[1].to_be_bytes());
        [left.cmp(&right) as i8 as u128, (left < right).into()]
    }),
    operation!("sort", |o| {
        let mut numbers = numbers(o);
        numbers.sort_unstable();
        folded(&numbers)
    }),
    operation!("sort, stable", |o| {
        let mut numbers = numbers(o);
        numbers.sort_by_key(|number| number % 8);
        folded(&numbers)
    }),
    operation!("sort on the heap", |o| {
        let mut numbers: Vec<u128> = numbers(o).repeat(3);
        numbers.sort_by(|left, right| right.cmp(left));
        folded(&numbers)
    }),
];

fn length(operand: u128) -> usize {
    operand as usize % (LENGTH + 1)
}

/// Bytes that no optimiser knows.
fn bytes(operands: &Operands) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let word = operands[index / 16 % 2].rotate_left(index as u32 % 7);
        *byte = word.to_le_bytes()[index % 16];
    }
    black_box(bytes)
}

/// Moves a range that overlaps its destination.
fn moved(
    operands: &Operands,
    place: fn(usize, usize) -> (core::ops::Range<usize>, usize),
) -> Output {
    let mut bytes = bytes(operands);
    let length = length(operands[2]) / 2;
    let (from, to) = place(length, operands[3] as usize % (LENGTH / 2));
    bytes.copy_within(from, to);
    checksum(&bytes)
}

fn checksum(bytes: &[u8; LENGTH]) -> Output {
    let mut sums = [1_u128, 0];
    for byte in bytes {
        sums[0] = sums[0].rotate_left(9) ^ u128::from(*byte);
        sums[1] = sums[1].wrapping_add(sums[0]);
    }
    sums
}

fn numbers(operands: &Operands) -> [u128; 24] {
    let mut numbers = [0; 24];
    for (index, number) in numbers.iter_mut().enumerate() {
        *number = operands[index % 4].rotate_left(11 * index as u32);
    }
    black_box(numbers)
}

fn folded(numbers: &[u128]) -> Output {
    let fold = |sum: u128, number: &u128| sum.rotate_left(5).wrapping_add(*number);
    [numbers.iter().fold(0, fold), numbers.len() as u128]
}
