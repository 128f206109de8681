//! One way to ask a cluster and to bring transactions into blocks, for the keeper, the commands,
//! the migrations and local clusters.
//!
//! Without features the crate has no network: [`limits`] has the numbers that all of them share,
//! [`sign`] and [`Budget`] make transactions, and [`Tracker`] decides what has become of one by
//! what endpoints show of it. With the feature `client` there are [`Endpoint`]s to ask, and
//! [`follow()`], which sends and asks until every transaction has its verdict.

#[cfg(feature = "client")]
mod address;
mod budget;
#[cfg(feature = "client")]
mod endpoint;
mod evidence;
#[cfg(feature = "client")]
mod follow;
#[cfg(feature = "client")]
mod http;
pub mod keypair_file;
pub mod limits;
#[cfg(feature = "loopback")]
pub mod loopback;
mod part;
#[cfg(feature = "client")]
mod patience;
mod quorum;
#[cfg(feature = "client")]
mod refusal;
mod routes;
mod tracker;

#[cfg(feature = "client")]
pub use address::{Address, Addresses};
pub use budget::{Budget, sign, unsigned, without_signatures};
#[cfg(feature = "client")]
pub use endpoint::{
    AccountHead, Endpoint, Found, Listed, NoPart, Past, Probed, Simulated, bytes_of, clock_of,
};
pub use evidence::{Blockhash, Progress, Shown, Simulation, Snapshot};
#[cfg(feature = "client")]
pub use follow::{follow, rehearse, rehearse_unsigned};
pub use part::{Key, Part};
#[cfg(feature = "client")]
pub use patience::Patience;
pub use quorum::agreed;
#[cfg(feature = "client")]
pub use refusal::refusal;
pub use routes::{Handed, Routes};
pub use tracker::{Look, Status, Tracker, Verdict};
