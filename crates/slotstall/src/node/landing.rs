//! What becomes of transactions.

use std::borrow::BorrowMut;

use litesvm::types::{FailedTransactionMetadata, SimulatedTransactionInfo, TransactionMetadata};
use solana_commitment_config::CommitmentLevel;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;
use solana_sdk_ids::{system_program, sysvar};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::TransactionTokenBalance;

use super::{Condition, Node};
use crate::{Cluster, tokens};

/// The system program's instruction that advances a durable nonce.
const ADVANCE_NONCE: [u8; 4] = 4_u32.to_le_bytes();
/// Where a nonce account holds its nonce, after version, state and authority.
const NONCE: std::ops::Range<usize> = 40..72;

/// A transaction that made it into a block.
#[derive(Clone, Debug)]
pub struct Landed {
    /// In which slot.
    pub slot: u64,
    /// What the clock showed there, seconds.
    pub clock_s: u64,
    /// Which it was of all that landed, in blocks that were abandoned too.
    pub number: u64,
    /// The transaction.
    pub transaction: VersionedTransaction,
    /// What it failed with.
    pub error: Option<TransactionError>,
    /// Logs, compute units, fee and return data.
    pub said: TransactionMetadata,
    /// The accounts it names, those of lookup tables after its own.
    pub accounts: Vec<Pubkey>,
    /// Lamports of these accounts before.
    pub before: Vec<u64>,
    /// Lamports of these accounts after.
    pub after: Vec<u64>,
    /// What those of them that are token accounts held before.
    pub tokens_before: Vec<TransactionTokenBalance>,
    /// And after.
    pub tokens_after: Vec<TransactionTokenBalance>,
}

impl<C: BorrowMut<Cluster>> Node<C> {
    /// Takes a transaction, into the present block, or into the next one in which something can land.
    /// As with a validator, one that cannot land leaves no trace.
    ///
    /// # Errors
    /// When it carries no signature.
    pub fn send(&mut self, transaction: VersionedTransaction) -> Result<Signature, String> {
        let signature = transaction.signatures.first().copied();
        let signature = signature.ok_or("the transaction has no signature")?;
        if self.state.frozen.is_some() {
            return Ok(signature);
        }
        if self.state.loses > 0 {
            self.state.loses -= 1;
            return Ok(signature);
        }
        self.state.pending.push(transaction);
        self.land_pending();
        Ok(signature)
    }

    /// Lets everything that waits land, where something can.
    pub(super) fn land_pending(&mut self) {
        if matches!(self.state.condition, Condition::Stalled | Condition::VotesOnly) {
            return;
        }
        for transaction in std::mem::take(&mut self.state.pending) {
            self.land(transaction);
        }
    }

    fn land(&mut self, transaction: VersionedTransaction) {
        let Some(signature) = transaction.signatures.first().copied() else { return };
        if self.state.landed.contains_key(&signature) || !is_current(self.present(), &transaction) {
            return;
        }
        let accounts = accounts(self.present(), &transaction.message);
        let before = lamports(self.present(), &accounts);
        let tokens_before = tokens::balances(self.present(), &accounts);
        let sent = transaction.clone();
        let (error, said) = match self.cluster.borrow_mut().send_transaction(sent) {
            Ok(said) => (None, said),
            Err(failed) if is_paid(&failed.err) => (Some(failed.err), failed.meta),
            Err(_) => return,
        };
        let after = lamports(self.present(), &accounts);
        let tokens_after = tokens::balances(self.present(), &accounts);
        let (slot, clock_s) = (self.present().slot(), self.present().chain().clock_s());
        self.taken += 1;
        let number = self.taken;
        let landed = Landed {
            slot,
            clock_s,
            number,
            transaction,
            error,
            said,
            accounts,
            before,
            after,
            tokens_before,
            tokens_after,
        };
        self.state.order.push(signature);
        self.state.landed.insert(signature, landed);
    }

    /// Forgets what landed after a slot.
    pub(super) fn forget_after(&mut self, slot: u64) {
        while let Some(last) = self.state.order.last() {
            if self.state.landed.get(last).is_some_and(|landed| landed.slot <= slot) {
                break;
            }
            self.state.landed.remove(last);
            self.state.order.pop();
        }
    }

    /// What became of a transaction, as far as the endpoint knows.
    pub fn landed(&self, signature: &str) -> Option<&Landed> {
        let found = self.state.landed.get(&signature.parse().ok()?);
        found.filter(|landed| landed.slot <= self.view(CommitmentLevel::Processed).slot())
    }

    /// Everything that landed and is still there, the newest first.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = (&Signature, &Landed)> {
        self.state
            .order
            .iter()
            .rev()
            .filter_map(|signature| self.state.landed.get_key_value(signature))
    }

    /// Transactions that wait for a block in which something can land.
    pub fn waiting(&self) -> usize {
        self.state.pending.len()
    }
}

/// What sending a transaction would end in, on a cluster as it was; nothing changes. Signatures are
/// verified if `verifies`.
///
/// # Errors
/// What the runtime and the programs said.
pub fn simulate(
    cluster: &Cluster,
    transaction: VersionedTransaction,
    verifies: bool,
) -> Result<SimulatedTransactionInfo, Box<FailedTransactionMetadata>> {
    if !is_current(cluster, &transaction) {
        let err = TransactionError::BlockhashNotFound;
        return Err(Box::new(FailedTransactionMetadata {
            err,
            meta: TransactionMetadata::default(),
        }));
    }
    if verifies || !cluster.svm().get_sigverify() {
        return cluster.try_transaction(transaction);
    }
    let machine = cluster.svm().clone().with_sigverify(false);
    machine.simulate_transaction(transaction).map_err(Box::new)
}

/// Whether a transaction names a blockhash that lives, or the nonce of an account that it advances.
fn is_current(cluster: &Cluster, transaction: &VersionedTransaction) -> bool {
    let named = transaction.message.recent_blockhash();
    if cluster.chain().living(named).is_some() {
        return true;
    }
    let nonce = || {
        let (keys, first) = (
            transaction.message.static_account_keys(),
            transaction.message.instructions().first()?,
        );
        let program = keys.get(usize::from(first.program_id_index))?;
        let advances = *program == system_program::ID && first.data.starts_with(&ADVANCE_NONCE);
        let account = keys.get(usize::from(*first.accounts.first()?))?;
        let account = cluster.get(account).filter(|account| account.owner == system_program::ID)?;
        Some(advances && account.data.get(NONCE)? == named.as_ref())
    };
    nonce().unwrap_or_default()
}

/// Whether a transaction that failed with this is in a block, and paid for.
fn is_paid(error: &TransactionError) -> bool {
    matches!(
        error,
        TransactionError::InstructionError(..) | TransactionError::InsufficientFundsForRent { .. }
    )
}

/// The accounts that a message names, with those it looks up: the writable ones of all tables first.
fn accounts(cluster: &Cluster, message: &VersionedMessage) -> Vec<Pubkey> {
    let mut accounts = message.static_account_keys().to_vec();
    let lookups = message.address_table_lookups().unwrap_or_default();
    for writable in [true, false] {
        for lookup in lookups {
            let indexes =
                if writable { &lookup.writable_indexes } else { &lookup.readonly_indexes };
            let table = cluster.get(&lookup.account_key).unwrap_or_default();
            let entry = |index: &u8| {
                // 56 bytes before the addresses.
                let from = 56 + 32 * usize::from(*index);
                Pubkey::try_from(table.data.get(from..from + 32)?).ok()
            };
            accounts.extend(indexes.iter().filter_map(entry));
        }
    }
    accounts
}

fn lamports(cluster: &Cluster, accounts: &[Pubkey]) -> Vec<u64> {
    let lamports = |address: &Pubkey| {
        let found = cluster.get(address).filter(|_| *address != sysvar::instructions::ID);
        found.map_or(0, |account| account.lamports)
    };
    accounts.iter().map(lamports).collect()
}
