//! Winding down a market whose price does not return, and a debt that nothing covers.

pub mod announce_settlement;
pub mod settle_market;
pub mod settle_position;
pub mod write_off_debt;

pub use announce_settlement::*;
pub use settle_market::*;
pub use settle_position::*;
pub use write_off_debt::*;
