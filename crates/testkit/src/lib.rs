//! An embedded cluster that runs the real program, with time under our control.

pub mod audit;
pub mod cluster;
pub mod crossbar;
pub mod elf;
pub mod events;
pub mod feed;
pub mod hermes;
pub mod node;
pub mod path;
mod publishing;
mod sighting;
pub mod stork;
pub mod switchboard;
pub mod tokens;
pub mod venue;

pub use cluster::{Cluster, Failure, with_units};
pub use holdfast_migrations::recording;
pub use sighting::sighting;
pub use slotstall::chain;
pub use venue::{Trader, Venue};
