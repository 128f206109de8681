//! Tells libFuzzer how far the program came.
//!
//! libFuzzer keeps bytes that reach new code, and it sees the code of this process, not that of the
//! virtual machine. So each pair of an instruction and an error calls a function of its own here.

use std::hint::black_box;

/// Functions of each of two levels.
const FUNCTIONS: usize = 16;

/// Takes note that an instruction ended in an error.
pub fn note(instruction: u8, error: u32) {
    let pair = (u32::from(instruction & 0x7f).wrapping_mul(61) ^ error) as usize;
    let function = OUTER[pair / FUNCTIONS % FUNCTIONS];
    function(pair % FUNCTIONS);
}

const OUTER: [fn(usize); FUNCTIONS] = [
    outer::<0>,
    outer::<1>,
    outer::<2>,
    outer::<3>,
    outer::<4>,
    outer::<5>,
    outer::<6>,
    outer::<7>,
    outer::<8>,
    outer::<9>,
    outer::<10>,
    outer::<11>,
    outer::<12>,
    outer::<13>,
    outer::<14>,
    outer::<15>,
];

fn outer<const N: usize>(which: usize) {
    let inner: [fn(); FUNCTIONS] = [
        inner::<N, 0>,
        inner::<N, 1>,
        inner::<N, 2>,
        inner::<N, 3>,
        inner::<N, 4>,
        inner::<N, 5>,
        inner::<N, 6>,
        inner::<N, 7>,
        inner::<N, 8>,
        inner::<N, 9>,
        inner::<N, 10>,
        inner::<N, 11>,
        inner::<N, 12>,
        inner::<N, 13>,
        inner::<N, 14>,
        inner::<N, 15>,
    ];
    inner[which]();
}

#[inline(never)]
fn inner<const N: usize, const M: usize>() {
    black_box(N * FUNCTIONS + M);
}
