//! One file per instruction, its accounts and its handler, in a folder per family.

pub mod chain;
pub mod governance;
pub mod liquidation;
pub mod pool;
pub mod settlement;
pub mod trading;

pub use chain::*;
pub use governance::*;
pub use liquidation::*;
pub use pool::*;
pub use settlement::*;
pub use trading::*;
