//! A node of the embedded cluster as a client sees it: progress, accounts, blockhashes that expire,
//! transactions that land. [`answer()`] speaks JSON-RPC over it and [`serve()`] does so over HTTP.

mod answer;
mod serve;

use std::collections::{HashMap, VecDeque};

use holdfast_client::{Pubkey, address, instruction};
use solana_account::Account;
use solana_message::Hash;
use solana_transaction::versioned::VersionedTransaction;

use crate::feed::{Published, post_pyth_update, pyth_update};
use crate::venue::{feed_account, feed_id, keypair};
use crate::{Cluster, Failure};

pub use answer::answer;
pub use serve::serve;

/// Blockhashes that a transaction may name, newest first.
const LIVING_BLOCKHASHES: usize = 150;

/// How far a venue that lives moves on at a time, milliseconds.
const SLOT_MS: u64 = 400;
/// How often its price is published, milliseconds.
const PRICE_EVERY_MS: u64 = 1_000;

/// A node and its cluster.
pub struct Node {
    /// The cluster.
    pub cluster: Cluster,
    /// What the cluster says its genesis hash is.
    pub genesis: Hash,
    /// Transactions that it still takes and loses.
    pub loses: usize,
    blockhashes: VecDeque<(Hash, u64)>,
    landed: HashMap<String, Landed>,
    /// Signatures of the transactions that landed, the oldest first.
    history: Vec<String>,
    block_height: u64,
    seen_slot: u64,
}

/// A transaction that made it into a block.
#[derive(Clone, Debug)]
pub struct Landed {
    /// In which slot.
    pub slot: u64,
    /// What the program refused it with.
    pub failure: Option<Failure>,
    /// What the programs said; nothing is kept of what a refused one said.
    pub logs: Vec<String>,
    /// The accounts it names.
    pub accounts: Vec<Pubkey>,
}

impl Node {
    /// A node at the cluster's present slot.
    pub fn new(cluster: Cluster) -> Self {
        let mut node = Self {
            genesis: Hash::new_from_array([7; 32]),
            loses: 0,
            blockhashes: VecDeque::new(),
            landed: HashMap::new(),
            history: Vec::new(),
            block_height: cluster.slot(),
            seen_slot: cluster.slot(),
            cluster,
        };
        node.tick();
        node
    }

    /// Takes note of the blocks made since the last look: one new blockhash per block.
    pub fn tick(&mut self) {
        let made = self
            .cluster
            .slot()
            .saturating_sub(self.seen_slot)
            .max(u64::from(self.blockhashes.is_empty()));
        self.seen_slot = self.cluster.slot();
        for _ in 0..made {
            self.block_height += 1;
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&self.block_height.to_le_bytes());
            bytes[8] = 1;
            self.blockhashes.push_front((Hash::new_from_array(bytes), self.block_height));
        }
        self.blockhashes.truncate(LIVING_BLOCKHASHES);
    }

    /// One unit of time of a venue that lives: a slot passes, and once a second the price of the first
    /// market is published on its one feed, the market refreshed and the chain observed.
    pub fn pass_with_price(&mut self, price: u64) {
        self.cluster.pass(SLOT_MS);
        self.tick();
        let now_ms = self.cluster.now_ms();
        if now_ms % PRICE_EVERY_MS >= SLOT_MS {
            return;
        }
        let (admin, silo) = (keypair("admin", 0), address::silo(0));
        let market = address::market(&silo, 0);
        let update = pyth_update(feed_id(0), Published::new(price, now_ms), self.cluster.slot());
        post_pyth_update(&mut self.cluster, feed_account(0), &update);
        let refresh = instruction::refresh_market(silo, market, &[feed_account(0)]);
        self.cluster.send(&[refresh], &[&admin]).expect("a fresh price");
        // The last sample may be too recent.
        let _ = self.cluster.send(&[instruction::observe(&[market])], &[&admin]);
    }

    /// Blocks made so far.
    pub fn block_height(&self) -> u64 {
        self.block_height
    }

    /// The newest blockhash and the last block height at which it may be used.
    pub fn blockhash(&self) -> (Hash, u64) {
        let (hash, height) = self.blockhashes.front().copied().unwrap_or_default();
        (hash, height + LIVING_BLOCKHASHES as u64)
    }

    /// Whether a transaction may name this blockhash.
    pub fn is_living(&self, blockhash: &str) -> bool {
        self.blockhashes.iter().any(|(hash, _)| hash.to_string() == blockhash)
    }

    /// An account.
    pub fn account(&self, address: &Pubkey) -> Option<Account> {
        self.cluster.get(address)
    }

    /// Takes a transaction into a block, unless its blockhash has expired or it did land already.
    ///
    /// # Errors
    /// A sentence when it cannot be taken.
    pub fn send(&mut self, transaction: VersionedTransaction) -> Result<String, String> {
        let signature = transaction.signatures.first().ok_or("no signature")?.to_string();
        if self.landed.contains_key(&signature) {
            return Ok(signature);
        }
        if !self.is_living(&transaction.message.recent_blockhash().to_string()) {
            return Err("Blockhash not found".to_owned());
        }
        if self.loses > 0 {
            self.loses -= 1;
            return Ok(signature);
        }
        let accounts = transaction.message.static_account_keys().to_vec();
        let (failure, logs) = match self.cluster.send_transaction(transaction) {
            Ok(landed) => (None, landed.logs),
            Err(failure) => (Some(failure), Vec::new()),
        };
        let landed = Landed { slot: self.cluster.slot(), failure, logs, accounts };
        self.history.push(signature.clone());
        self.landed.insert(signature.clone(), landed);
        Ok(signature)
    }

    /// Signatures of the transactions that named an account, the newest first, down to the one before
    /// `until`.
    pub fn history<'a>(
        &'a self,
        account: &'a Pubkey,
        until: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a str, &'a Landed)> {
        let newest = self.history.iter().rev().map(String::as_str);
        newest
            .take_while(move |signature| Some(*signature) != until)
            .filter_map(|signature| Some((signature, self.landed.get(signature)?)))
            .filter(|(_, landed)| landed.accounts.contains(account))
    }

    /// What became of a transaction.
    pub fn landed(&self, signature: &str) -> Option<&Landed> {
        self.landed.get(signature)
    }
}
