//! Deployment, the same for every cluster: the program first, then the exchange, its silos,
//! their markets, and the lock that ends set-up. Every step looks at the chain before it acts, so running again, or after a
//! failure at any point, does only what is missing.

mod deploy;
pub mod presets;
mod steps;

use holdfast_client::{Instruction, Pubkey};
use solana_keypair::Keypair;

pub use deploy::{deploy_program, local_program_keypair};
pub use steps::{Deployment, MarketPlan, SiloPlan, Step, apply, plan};

/// What a migration needs of a cluster.
pub trait Cluster {
    /// An account's data and owner, if the account exists.
    ///
    /// # Errors
    /// A sentence when the cluster does not answer.
    fn account(&mut self, address: &Pubkey) -> Result<Option<AccountData>, String>;

    /// Lamports that keep an account of `length` bytes.
    ///
    /// # Errors
    /// A sentence when the cluster does not answer.
    fn rent(&mut self, length: usize) -> Result<u64, String>;

    /// Sends a transaction, paid by the first signer, and waits until it has landed.
    ///
    /// # Errors
    /// A sentence saying why it did not land.
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String>;
}

/// An account as a migration sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountData {
    /// The program it belongs to.
    pub owner: Pubkey,
    /// Its bytes.
    pub data: Vec<u8>,
}
