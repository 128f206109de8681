//! What may be done now, as functions of loaded accounts and the chain, written once.
//!
//! A handler calls the check, applies the result and emits an event; a keeper calls the same check
//! before it sends anything. Markets besides the one acted on are read through a closure, so an
//! instruction reads the accounts passed after its own, and a keeper reads its own copy.

pub mod exit;
pub mod liquidation;
pub mod order;
pub mod pool;
pub mod profit;
pub mod settlement;
