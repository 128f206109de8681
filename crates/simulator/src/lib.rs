//! The program and its keepers in virtual time: drills of crashes and outages, one fault at a time
//! between a keeper and the chain, and a keeper of a million accounts.

pub mod adversary;
pub mod drill;
pub mod keeping;
pub mod lab;
pub mod mirror;
pub mod scale;
