//! The real keeper loop in virtual time: keepers, endpoints and streams of the embedded cluster, and a
//! layer between them that fails in every way it can.

mod chain;
mod edge;
mod fault;
mod lie;
pub mod swarm;
mod trial;
mod world;

pub use chain::SimulatedChain;
pub use edge::SimulatedIo;
pub use fault::{Fault, Faults};
pub use lie::Lie;
pub use trial::{Finding, Trial};
pub use world::{KeeperWorld, PRICE, WorldPlan};
