//! What tests need of a keeper, on this machine.

use holdfast_client::Pubkey;
use holdfast_keeper_core::fees::Fees;
use holdfast_keeper_core::keeper::{Keeper, KeeperConfig, Report};
use holdfast_keeper_core::witness::Operators;
use holdfast_risk::Millis;
use holdfast_rpc::{Budget, sign};
use solana_keypair::{Keypair, keypair_from_seed};
use solana_message::Hash;
use solana_transaction::versioned::VersionedTransaction;

pub use holdfast_rpc::loopback::{page, result, serve};

/// A wallet.
pub fn wallet() -> Keypair {
    keypair_from_seed(&[1; 32]).expect("32 bytes")
}

/// What a keeper of two endpoints and a stream says that has seen nothing yet.
pub fn report() -> Report {
    let orders = KeeperConfig {
        silo: Pubkey::default(),
        account: Pubkey::default(),
        wallet: wallet(),
        guardian: None,
        announced: None,
        keepers: Vec::new(),
        feeds: Vec::new(),
        fees: Fees::default(),
        posting: None,
        guard: None,
        dry_run: false,
        operators: Operators::separate(2, 1),
        genesis: None,
    };
    Keeper::new(orders, Millis(0)).report(Millis(0))
}

/// A transaction that the wallet signed.
pub fn transaction() -> VersionedTransaction {
    sign(Budget::default(), &[], &[&wallet()], &Hash::default()).expect("it signs")
}
