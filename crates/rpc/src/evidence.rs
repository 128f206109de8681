//! What endpoints show, and in which slot they showed it.

use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use solana_message::Hash;

/// A blockhash to sign with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blockhash {
    /// The hash.
    pub hash: Hash,
    /// The last block height at which it may be used.
    pub last_height: u64,
}

/// What one endpoint says of the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Its slot.
    pub slot: u64,
    /// Blocks below that slot.
    pub block_height: u64,
    /// Transactions below that slot.
    pub transactions: u64,
    /// Its newest blockhash.
    pub blockhash: [u8; 32],
    /// The last block height at which that blockhash may be used.
    pub last_height: u64,
    /// The cluster's clock there.
    pub clock: Millis,
    /// `LastRestartSlot` there.
    pub restart_slot: u64,
    /// The genesis hash of its cluster.
    pub genesis: [u8; 32],
}

/// Accounts of the program as of one slot.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The slot.
    pub slot: u64,
    /// All of them.
    pub accounts: Vec<(Pubkey, Vec<u8>)>,
}

/// An account in some slot; empty data: it was closed.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The slot.
    pub slot: u64,
    /// Its address.
    pub address: Pubkey,
    /// The program it belongs to.
    pub owner: Pubkey,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// What a simulation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// Compute units it took.
    pub units: u64,
    /// Why the program refused it, if it did.
    pub refused: Option<String>,
}
