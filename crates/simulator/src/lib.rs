//! The program and its keepers in virtual time: drills of crashes and outages, and one fault at a
//! time between a keeper and the chain.

pub mod adversary;
pub mod drill;
pub mod keeping;
pub mod lab;
pub mod mirror;
