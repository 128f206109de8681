//! A Solana cluster whose slots stall: what a program does when the chain slows, halts, skips, forks
//! or restarts, in virtual time, on [LiteSVM](https://docs.rs/litesvm).
//!
//! A harness that sets the clock shows a program what no chain shows. In a halt no slot passes, so no
//! sysvar moves; afterwards the first blocks look as if nothing had happened, then the clock jumps, or,
//! early in an epoch, catches up over hours. [`Chain`] is that model, [`Cluster`] puts it under a
//! virtual machine:
//!
//! ```
//! use slotstall::{Cluster, Pace};
//!
//! let mut cluster = Cluster::new(1_760_000_000_000);
//! let before = (cluster.slot(), cluster.chain().clock_s());
//! cluster.stall(45_000);
//! assert_eq!((cluster.slot(), cluster.chain().clock_s()), before);
//! cluster.run(2_000, Pace::HEALTHY);
//! assert_eq!(cluster.slot(), before.0 + 5);
//! assert!(cluster.chain().clock_s() >= before.1 + 45);
//! ```
//!
//! [`Node`] is an endpoint of the cluster, with commitments, transactions that get lost and blocks that
//! are abandoned; [`rpc`] speaks JSON-RPC over it, [`serve`] puts that on a port, and the command
//! `slotstall` does so from a shell.

pub mod chain;
pub mod cluster;
pub mod node;
pub mod rpc;
mod server;
mod tokens;

pub use chain::{Chain, Pace};
pub use cluster::{Cluster, Failure};
pub use node::Node;
pub use server::{Shared, live, serve, serve_on};
