//! Winding down a market whose price does not return.

pub mod announce_settlement;
pub mod settle_market;
pub mod settle_position;

pub use announce_settlement::*;
pub use settle_market::*;
pub use settle_position::*;
