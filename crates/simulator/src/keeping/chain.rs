//! A cluster whose past is kept: endpoints that lag or stand still show it, streams tell of it.

use std::collections::{BTreeMap, VecDeque};

use holdfast_client::{Pubkey, holdfast};
use holdfast_keeper_core::health::Progress;
use holdfast_keeper_core::tx_sender::Simulation;
use holdfast_risk::Millis;
use solana_message::Hash;
use solana_transaction::versioned::VersionedTransaction;

use holdfast_testkit::venue::feed_account;
use holdfast_testkit::{Cluster, Failure, Venue};

/// Slots whose accounts are kept.
const KEPT: usize = 160;
/// Slots that can be abandoned.
const FORKABLE: usize = 8;
/// Blocks for which a blockhash may be used.
const LIVING: u64 = 150;

/// An account as a node shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its program.
    pub owner: Pubkey,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// One slot, as it was when it was over.
#[derive(Clone)]
pub struct Slot {
    /// What a node at this slot says of the chain.
    pub progress: Progress,
    /// The slot before it on its fork.
    pub parent: u64,
    /// The program's accounts and the feeds.
    pub accounts: BTreeMap<Pubkey, Kept>,
    /// Which of them changed in it.
    pub changed: Vec<Pubkey>,
    /// Where the cluster stood; of the last few slots only.
    cluster: Option<Cluster>,
    landed: usize,
}

/// A transaction that is in a block.
#[derive(Clone, Debug)]
pub struct Landed {
    /// Its signature.
    pub signature: solana_signature::Signature,
    /// In which slot.
    pub slot: u64,
    /// The program's error code, or whatever else was said.
    pub refused: Option<String>,
}

impl Slot {
    /// Runs a transaction after this slot. `None` when no program was asked, or the slot is too old.
    pub fn simulate(&self, transaction: VersionedTransaction) -> Option<Simulation> {
        match self.cluster.as_ref()?.try_transaction(transaction) {
            Ok(tried) => {
                Some(Simulation { units: tried.meta.compute_units_consumed, refused: None })
            }
            Err(failed) => {
                let units = failed.meta.compute_units_consumed;
                let Failure { code, message, .. } = Failure::from_metadata(&failed);
                // What no program has said is no judgement.
                let said = message.starts_with("InstructionError").then_some(message);
                let refused = code.map(|code| format!("code {code}")).or(said)?;
                Some(Simulation { units, refused: Some(refused) })
            }
        }
    }
}

/// The chain.
pub struct SimulatedChain {
    /// The venue on it.
    pub venue: Venue,
    slots: VecDeque<Slot>,
    landed: Vec<Landed>,
    restart_slot: u64,
    height: u64,
    transactions: u64,
    /// How often blocks were abandoned: their blockhashes are no longer valid.
    forks: u64,
}

impl SimulatedChain {
    /// A chain at the venue's present slot.
    pub fn new(venue: Venue) -> Self {
        let height = venue.cluster.slot();
        let mut chain = Self {
            venue,
            slots: VecDeque::new(),
            landed: Vec::new(),
            restart_slot: 0,
            height,
            transactions: 0,
            forks: 0,
        };
        let parent = chain.venue.cluster.slot().saturating_sub(1);
        chain.keep(parent);
        chain
    }

    /// A slot passes in `ms`; `made`: into a block, with `transactions` in it.
    pub fn pass(&mut self, ms: u64, made: bool, transactions: Vec<VersionedTransaction>) {
        let parent = self.newest().progress.slot;
        self.venue.cluster.advance(ms, 1, u64::from(made));
        if !made {
            return;
        }
        self.height += 1;
        self.transactions += 1 + transactions.len() as u64;
        for transaction in transactions {
            self.take(transaction);
        }
        self.keep(parent);
    }

    /// Time passes and no slot does.
    pub fn stand(&mut self, ms: u64) {
        self.venue.cluster.advance(ms, 0, 0);
    }

    /// The cluster is restarted from the present slot.
    pub fn restart(&mut self) {
        self.venue.cluster.restart();
        self.restart_slot = self.venue.cluster.slot();
    }

    /// The last `depth` blocks are abandoned. Time goes on.
    pub fn fork(&mut self, depth: usize) {
        let depth = depth.min(FORKABLE - 1).min(self.slots.len().saturating_sub(1));
        let (now, slot) = (self.venue.cluster.now_ms(), self.venue.cluster.slot());
        for _ in 0..depth {
            self.slots.pop_back();
        }
        let last = self.newest();
        let (cluster, progress, landed) = (last.cluster.clone(), last.progress, last.landed);
        let Some(cluster) = cluster else { return };
        self.forks += 1;
        self.landed.truncate(landed);
        (self.height, self.transactions) = (progress.block_height, progress.transactions);
        self.venue.cluster = cluster;
        let passed = now - self.venue.cluster.now_ms();
        let skipped = slot - self.venue.cluster.slot();
        self.venue.cluster.advance(passed, skipped, 0);
    }

    /// The newest block.
    pub fn newest(&self) -> &Slot {
        self.slots.back().expect("the first is kept")
    }

    /// The block this many before the newest, or the oldest kept.
    pub fn behind(&self, blocks: usize) -> &Slot {
        &self.slots[self.slots.len().saturating_sub(1 + blocks)]
    }

    /// Whether a blockhash is one of this chain and may be used.
    pub fn knows(&self, hash: &Hash) -> bool {
        let named = hash.to_bytes();
        let living = self.slots.iter().rev().take(LIVING as usize);
        living.map(|slot| slot.progress.blockhash).any(|blockhash| blockhash == named)
    }

    /// What became of transactions, as of the newest block.
    pub fn landed(&self) -> &[Landed] {
        &self.landed
    }

    /// Takes a transaction into the block, unless it cannot be or is there already.
    fn take(&mut self, transaction: VersionedTransaction) {
        let Some(signature) = transaction.signatures.first().copied() else { return };
        let twice = self.landed.iter().any(|landed| landed.signature == signature);
        if !self.knows(transaction.message.recent_blockhash()) || twice {
            return;
        }
        let sent = self.venue.cluster.send_transaction(transaction);
        let refused = sent.err().map(|failed| {
            let Failure { code, message } = Failure::from_metadata(&failed);
            code.map_or(message, |code| format!("code {code}"))
        });
        let slot = self.venue.cluster.slot();
        self.landed.push(Landed { signature, slot, refused });
    }

    fn keep(&mut self, parent: u64) {
        let cluster = &self.venue.cluster;
        let mut accounts: BTreeMap<_, _> = cluster
            .program_accounts(&holdfast::ID)
            .into_iter()
            .map(|(address, account)| (address, Kept { owner: account.owner, data: account.data }))
            .collect();
        for index in 0..self.venue.markets.len() {
            let address = feed_account(index);
            if let Some(account) = cluster.get(&address) {
                accounts.insert(address, Kept { owner: account.owner, data: account.data });
            }
        }
        let before = self.slots.back().map(|slot| &slot.accounts);
        let is_new = |address: &Pubkey, kept: &Kept| {
            before.is_none_or(|before| before.get(address) != Some(kept))
        };
        let changed = accounts.iter().filter(|(address, kept)| is_new(address, kept));
        let changed = changed.map(|(address, _)| *address).collect();
        let slot = Slot {
            progress: self.progress(),
            parent,
            accounts,
            changed,
            cluster: Some(cluster.clone()),
            landed: self.landed.len(),
        };
        self.slots.push_back(slot);
        if self.slots.len() > KEPT {
            self.slots.pop_front();
        }
        if let Some(old) = self.slots.len().checked_sub(FORKABLE + 1) {
            self.slots[old].cluster = None;
        }
    }

    fn progress(&self) -> Progress {
        let mut blockhash = [0; 32];
        blockhash[..8].copy_from_slice(&self.height.to_le_bytes());
        blockhash[8] = 1;
        blockhash[9..17].copy_from_slice(&self.forks.to_le_bytes());
        Progress {
            slot: self.venue.cluster.slot(),
            block_height: self.height,
            transactions: self.transactions,
            blockhash,
            last_height: self.height + LIVING,
            clock: Millis(self.venue.cluster.now_ms() / 1_000 * 1_000),
            restart_slot: self.restart_slot,
            genesis: [0; 32],
        }
    }
}
