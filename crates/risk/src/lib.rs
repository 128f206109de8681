//! The rules of the venue, once.
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

pub mod aggregate;
pub mod book;
pub mod carry;
pub mod chain_health;
pub mod execution;
pub mod exposure;
pub mod fee;
pub mod latency;
pub mod ledger;
pub mod limits;
pub mod liquidation;
pub mod loss;
pub mod margin;
pub mod mark;
pub mod math;
pub mod order;
pub mod pace;
pub mod policy;
pub mod pool;
pub mod position;
pub mod powers;
pub mod price;
pub mod profit;
pub mod quote;
pub mod reference;
pub mod refresh;
pub mod settlement;
pub mod share;
pub mod spread;
pub mod terms;
pub mod units;
pub mod volatility;

pub use math::{Overflow, Rounding};
pub use units::{
    Bps, CarryIndex, HourlyRate, Millis, Ppm, Price, Side, SignedSize, SignedUsd, Size, Usd,
};
