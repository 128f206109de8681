//! What the venue learns of the chain and of prices.

pub mod observe;
pub mod refresh_market;

pub use observe::*;
pub use refresh_market::*;
