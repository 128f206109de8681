//! What a keeper decides: a mirror of the venue's accounts, a pure decision over it, and the
//! instructions that carry it out. No network, no clock of its own.

mod account_cache;
mod accounts;
mod decide;
pub mod fees;
pub mod guard;
pub mod health;
mod hours;
mod intent;
pub mod keeper;
mod leader_rotation;
mod listed_feeds;
pub mod posting;
pub mod scheduler;
mod testimony;
mod trigger_index;
pub mod tx_sender;
mod units;
mod venue_snapshot;
pub mod witness;
#[cfg(test)]
mod world;

pub use account_cache::{AccountCache, Taken, Version};
pub use accounts::Accounts;
pub use decide::{decide, decide_about};
pub use holdfast_rpc::Snapshot;
pub use hours::Hours;
pub use intent::Intent;
pub use listed_feeds::{ListedFeed, listed_feeds};
pub use trigger_index::TriggerIndex;
pub use venue_snapshot::VenueSnapshot;
