//! A node of the cluster as a client sees it: blocks that are processed, confirmed and finalized,
//! transactions that land or get lost, and an endpoint that lags or is frozen.

mod landing;
mod time;

use std::borrow::BorrowMut;
use std::collections::{HashMap, VecDeque};

use solana_account::Account;
use solana_commitment_config::CommitmentLevel;
use solana_message::Hash;
use solana_pubkey::Pubkey;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use crate::{Cluster, Pace};

pub use landing::{Landed, simulate};

/// A block is confirmed when the next one is made, which carries the votes for it.
const CONFIRMED_AFTER: usize = 1;
/// A block is finalized when this many follow it.
const FINALIZED_AFTER: usize = 31;
/// Blocks an endpoint can lag by, and a fork can abandon.
pub const VIEWS: usize = 96;

/// When blocks are taken for final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finality {
    /// At once: for tests in which time only passes when they say so.
    Instant,
    /// When enough blocks follow.
    Voted,
}

/// How the chain goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// As the cluster calls slots.
    Well,
    /// Slots go by at a pace.
    Runs(Pace),
    /// Slots go by, and none of the users' transactions lands.
    VotesOnly,
    /// There is no slot.
    Stalled,
}

/// A node and its cluster. `C` is [`Cluster`], or something around it.
pub struct Node<C = Cluster> {
    /// The cluster.
    pub cluster: C,
    /// What the cluster says its genesis hash is.
    pub genesis: Hash,
    state: State,
    /// Transactions taken so far, those of abandoned blocks among them.
    taken: u64,
    /// What can be gone back to: the cluster, and what the node knew.
    snapshots: Vec<(Cluster, State)>,
}

/// What a node knows besides the cluster.
#[derive(Clone)]
struct State {
    /// Transactions that it still takes and loses.
    loses: usize,
    finality: Finality,
    condition: Condition,
    /// True time at which the condition ends.
    until_ms: Option<u64>,
    /// The cluster at the end of the blocks before the present one, newest last.
    views: VecDeque<Cluster>,
    landed: HashMap<Signature, Landed>,
    /// Signatures of the transactions that landed, the oldest first.
    order: Vec<Signature>,
    /// What was sent while nothing could land.
    pending: Vec<VersionedTransaction>,
    /// Blocks that the endpoint is behind.
    lag: usize,
    /// What a frozen endpoint goes on showing: processed, confirmed and finalized.
    frozen: Option<Box<[Cluster; 3]>>,
}

impl<C: BorrowMut<Cluster>> Node<C> {
    /// A node at the cluster's present slot, for which every block is final at once.
    pub fn new(cluster: C) -> Self {
        Self::with(cluster, Finality::Instant)
    }

    /// A node at the cluster's present slot.
    pub fn with(cluster: C, finality: Finality) -> Self {
        Self {
            cluster,
            genesis: Hash::new_from_array([7; 32]),
            state: State {
                loses: 0,
                finality,
                condition: Condition::Well,
                until_ms: None,
                views: VecDeque::new(),
                landed: HashMap::new(),
                order: Vec::new(),
                pending: Vec::new(),
                lag: 0,
                frozen: None,
            },
            taken: 0,
            snapshots: Vec::new(),
        }
    }

    /// The cluster as it is.
    pub fn present(&self) -> &Cluster {
        self.cluster.borrow()
    }

    /// The cluster as the endpoint shows it.
    pub fn view(&self, commitment: CommitmentLevel) -> &Cluster {
        let (rank, after) = match commitment {
            CommitmentLevel::Processed => (0, 0),
            CommitmentLevel::Confirmed => (1, CONFIRMED_AFTER),
            CommitmentLevel::Finalized => (2, FINALIZED_AFTER),
        };
        if let Some(frozen) = &self.state.frozen {
            return &frozen[rank];
        }
        self.behind(
            self.state.lag + if self.state.finality == Finality::Instant { 0 } else { after },
        )
    }

    /// The cluster this many blocks ago, or as long ago as is kept.
    fn behind(&self, blocks: usize) -> &Cluster {
        let index = self.state.views.len().saturating_sub(blocks);
        self.state.views.get(index).unwrap_or_else(|| self.present())
    }

    /// An account as it is.
    pub fn account(&self, address: &Pubkey) -> Option<Account> {
        self.present().get(address)
    }

    /// Puts an account in place as if it had stood there always: in the blocks before the present one as
    /// well, so that whoever asks for what is confirmed or finalized sees it at once.
    ///
    /// # Errors
    /// When it is executable and no program.
    pub fn put(&mut self, address: Pubkey, account: &Account) -> Result<(), String> {
        let before = self.state.views.iter_mut();
        for cluster in before.chain([self.cluster.borrow_mut()]) {
            let set = cluster.svm_mut().set_account(address, account.clone());
            set.map_err(|error| format!("{address} cannot be set: {error}"))?;
        }
        Ok(())
    }

    /// From now on the endpoint shows the cluster as it was this many blocks ago, at most 95.
    pub fn lag(&mut self, blocks: usize) {
        self.state.lag = blocks.min(VIEWS - 1);
    }

    /// By how many slots the endpoint is behind.
    pub fn slots_behind(&self) -> u64 {
        if self.state.frozen.is_some() {
            // A frozen node does not know that it is.
            return 0;
        }
        self.present().slot() - self.behind(self.state.lag).slot()
    }

    /// From now on the endpoint shows what it shows now, says that it is well, and loses what it is
    /// sent; or no longer.
    pub fn freeze(&mut self, frozen: bool) {
        let levels =
            [CommitmentLevel::Processed, CommitmentLevel::Confirmed, CommitmentLevel::Finalized];
        let shown = levels.map(|level| self.view(level).clone());
        self.state.frozen = frozen.then(|| Box::new(shown));
    }

    /// Whether the endpoint is frozen.
    pub fn is_frozen(&self) -> bool {
        self.state.frozen.is_some()
    }

    /// When blocks are taken for final.
    pub fn finality(&self) -> Finality {
        self.state.finality
    }

    /// From now on blocks are taken for final like this.
    pub fn set_finality(&mut self, finality: Finality) {
        self.state.finality = finality;
    }

    /// Takes and loses this many of the transactions that are sent from now on.
    pub fn lose(&mut self, transactions: usize) {
        self.state.loses = transactions;
    }

    /// How many of the transactions to come it takes and loses.
    pub fn loses(&self) -> usize {
        self.state.loses
    }

    /// Keeps the cluster and everything that the node knows, to be gone back to.
    pub fn snapshot(&mut self) {
        self.snapshots.push((self.present().clone(), self.state.clone()));
    }

    /// The number of the last snapshot, counted from 0.
    pub fn last_snapshot(&self) -> Option<usize> {
        self.snapshots.len().checked_sub(1)
    }

    /// Goes back to a snapshot, time and all, as often as wanted. Later snapshots are forgotten.
    ///
    /// # Errors
    /// When there is no snapshot of that number.
    pub fn revert(&mut self, snapshot: usize) -> Result<(), String> {
        let kept = self.snapshots.get(snapshot).cloned();
        let (cluster, state) = kept.ok_or_else(|| format!("there is no snapshot {snapshot}"))?;
        self.snapshots.truncate(snapshot + 1);
        *self.cluster.borrow_mut() = cluster;
        self.state = state;
        Ok(())
    }

    /// How the chain goes now.
    pub fn condition(&self) -> Condition {
        self.state.condition
    }
}

#[cfg(test)]
mod tests;
