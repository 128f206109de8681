//! What a keeper decides: a mirror of the venue's accounts, a pure decision over it, and the
//! instructions that carry it out. No network, no clock of its own.

mod attendance;
mod decide;
pub mod desk;
pub mod fees;
pub mod health;
mod intent;
pub mod keeper;
pub mod lander;
mod mirror;
mod replica;
mod units;
mod watch;
#[cfg(test)]
mod world;

pub use decide::{decide, decide_about};
pub use intent::Intent;
pub use mirror::Mirror;
pub use replica::{Merged, Replica, Snapshot, Taken, Version};
pub use watch::Watch;
