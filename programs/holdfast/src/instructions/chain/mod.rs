//! What the venue learns of the chain and of prices.

pub mod chain_state;
pub mod observe;
pub mod refresh_market;

pub use chain_state::*;
pub use observe::*;
pub use refresh_market::*;
