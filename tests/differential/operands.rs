//! Operands that find mistakes: of every length, and at the limits of every type.

use holdfast_differential_operations::Operands;
use rand::{Rng as _, rngs::SmallRng};

/// Widths at whose limits something may go wrong.
const WIDTHS: [u32; 6] = [8, 16, 31, 32, 64, 128];

/// Four operands. Two of them are alike now and then.
pub fn random(random: &mut SmallRng) -> Operands {
    let mut operands = [(); 4].map(|()| operand(random));
    if random.random_ratio(1, 16) {
        operands[1] = operands[0];
    }
    operands
}

fn operand(random: &mut SmallRng) -> u128 {
    match random.random_range(0..4) {
        0 => limit(random),
        1 => random.random::<u128>() >> random.random_range(0..128),
        2 => (random.random::<i128>() >> random.random_range(0..128)).cast_unsigned(),
        _ => random.random(),
    }
}

/// Zero, a power of two, or the least or largest number of a type, or a neighbour of these.
fn limit(random: &mut SmallRng) -> u128 {
    let width = WIDTHS[random.random_range(0..WIDTHS.len())];
    let largest = u128::MAX >> (128 - width);
    let limit = match random.random_range(0..5) {
        0 => 0,
        1 => 1 << random.random_range(0..128),
        2 => largest,
        3 => largest >> 1,
        _ => !(largest >> 1),
    };
    limit.wrapping_add(random.random_range(0..3)).wrapping_sub(1)
}
