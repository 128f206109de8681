//! The rules of the venue, written once.
//!
//! Every function takes values and returns values. There is no clock, no I/O and no Solana type
//! here, so the program, the keepers, the simulator and the tests all call the same code.
//! Arithmetic is integer and checked; every division names its direction.
#![no_std]
// Tests may unwrap and index: a panic there is a failing test.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

pub mod account;
pub mod bounds;
pub mod chain;
pub mod governance;
pub mod market;
pub mod math;
pub mod pool;
pub mod units;

pub use math::{Overflow, Rounding};
pub use units::{
    Bps, CarryIndex, HourlyRate, Millis, Ppm, Price, Side, SignedSize, SignedUsd, Size, Usd,
};
