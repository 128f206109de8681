//! Deployment, the same for every cluster: the program first, then the exchange, its silos,
//! their markets, and the lock that ends set-up; later, upgrades of the program. Every step looks
//! at the chain before it acts, so running again, or after a failure at any point, does only what
//! is missing.

mod account;
mod buffer;
pub mod catalogue;
mod cost;
mod differences;
mod feeds;
mod file;
mod hex;
mod idl;
mod layouts;
mod manifest;
pub mod metadata;
mod migrate;
mod origin;
pub mod presets;
#[cfg(test)]
mod pretend;
mod program;
pub mod recording;
mod rpc;
mod steps;
mod task;
pub mod tier;

use holdfast_client::{Instruction, Pubkey};
pub use holdfast_rpc::AccountHead;
use solana_keypair::Keypair;

pub use buffer::{OrphanBuffer, close_buffer, leftovers};
pub use catalogue::Catalogue;
pub use feeds::{FeedFindings, check_feeds};
pub use file::{DesiredState, read as read_deployment};
pub use idl::{IdlTask, PackedIdl};
pub use layouts::check_layouts;
pub use manifest::{ListedMarket, ListedSilo, Manifest};
pub use migrate::{Migration, MigrationPlan, Progress, migrate, survey};
pub use origin::{Origin, Place, local_program_keypair};
pub use program::{Deployed, deploy_program, deployed, propose_upgrade, upgrade_program};
pub use rpc::RpcCluster;
pub use steps::{Deployment, MarketPlan, SiloPlan, Step, apply, plan};
pub use task::ProgramTask;

/// What a migration needs of a cluster.
pub trait Cluster {
    /// Which cluster this is.
    ///
    /// # Errors
    /// A sentence when the cluster does not answer.
    fn place(&mut self) -> Result<Place, String>;

    /// An account, if it exists.
    ///
    /// # Errors
    /// A sentence when the cluster does not answer.
    fn account(&mut self, address: &Pubkey) -> Result<Option<AccountData>, String>;

    /// A program's accounts whose data begins with `prefix`, each with no more than its first
    /// `head` bytes.
    ///
    /// # Errors
    /// A sentence when the cluster does not answer.
    fn accounts_of(
        &mut self,
        program: &Pubkey,
        prefix: &[u8],
        head: usize,
    ) -> Result<Vec<AccountHead>, String>;

    /// What transactions offer for each compute unit, micro-lamports.
    fn price(&self) -> u64 {
        0
    }

    /// Lamports that keep an account of `length` bytes.
    ///
    /// # Errors
    /// A sentence when the cluster does not answer.
    fn rent(&mut self, length: usize) -> Result<u64, String>;

    /// Comes back in a later slot: a program runs from the slot after its deployment.
    ///
    /// # Errors
    /// A sentence when the cluster does not answer.
    fn next_slot(&mut self) -> Result<(), String>;

    /// Tries a transaction as if everybody whom it names had signed. Nothing changes.
    ///
    /// # Errors
    /// A sentence saying why it would not land.
    fn rehearse(&mut self, instructions: &[Instruction], payer: &Pubkey) -> Result<(), String>;

    /// Sends a transaction, paid by the first signer, and waits until it has landed.
    ///
    /// # Errors
    /// A sentence saying why it did not land.
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String>;

    /// Sends transactions of one instruction each, paid and signed by `payer`, in any order and
    /// perhaps many at once, and waits until none of them may land any more. Some may be lost: the
    /// caller looks. `landed` hears how many have landed.
    ///
    /// # Errors
    /// A sentence when one was refused or the cluster does not answer.
    fn send_unordered(
        &mut self,
        instructions: Vec<Instruction>,
        payer: &Keypair,
        landed: &mut dyn FnMut(usize),
    ) -> Result<(), String> {
        for (count, instruction) in (1..).zip(instructions) {
            self.send(&[instruction], &[payer])?;
            landed(count);
        }
        Ok(())
    }
}

/// An account as a migration sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountData {
    /// The program it belongs to.
    pub owner: Pubkey,
    /// What it holds.
    pub lamports: u64,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// Lamports in SOL, with all nine decimals.
pub fn sol(lamports: u64) -> String {
    format!("{}.{:09}", lamports / 1_000_000_000, lamports % 1_000_000_000)
}
