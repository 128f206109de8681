//! Flagging and liquidating accounts below maintenance margin.

pub mod flag;
pub mod liquidate;

pub use flag::*;
pub use liquidate::*;
