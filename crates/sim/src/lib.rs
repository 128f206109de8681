//! An embedded cluster that runs the real program, with time under our control.

pub mod cluster;
pub mod elf;
pub mod feed;
pub mod tokens;
pub mod venue;

pub use cluster::{Cluster, Failure};
pub use venue::{Trader, Venue};
