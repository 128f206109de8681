//! Eligibility, once: what may be done now, as functions of loaded accounts and the chain.
//!
//! A handler calls the check, applies what it says and tells of it; a keeper calls the same check
//! before it sends anything. Markets besides the one acted on are read through a closure, so an
//! instruction reads the accounts that follow it and a keeper its own copy.

pub mod liquidation;
pub mod order;
