//! What a person's transaction needs: a trial, a blockhash, and what became of it.

use holdfast_client::Pubkey;
use holdfast_keeper_core::tx_sender::{Blockhash, Simulation};
use holdfast_risk::Millis;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client_api::config::RpcSimulateTransactionConfig;
use solana_sdk_ids::sysvar::{clock, slot_hashes};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use tracing::debug;

use super::Endpoint;
use crate::daemon::refusal;

/// How a trial ended.
pub struct Simulated {
    /// Why it would fail.
    pub refused: Option<TransactionError>,
    /// What the programs said.
    pub logs: Vec<String>,
    /// Compute units it took.
    pub units: u64,
}

/// Where a transaction is on its way.
pub struct Landing {
    /// The slot it landed in, once confirmed, and its error there.
    pub landed: Option<(u64, Option<TransactionError>)>,
    /// The confirmed block height.
    pub height: u64,
}

impl Endpoint {
    /// A confirmed blockhash.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn blockhash(&self) -> Result<Blockhash, String> {
        let commitment = CommitmentConfig::confirmed();
        let found = self.client.get_latest_blockhash_with_commitment(commitment);
        let (hash, last_height) = self.asked(found).await?;
        Ok(Blockhash { hash, last_height })
    }

    /// Fees paid lately for writing these accounts.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn recent_fees(&self, accounts: &[Pubkey]) -> Result<Vec<u64>, String> {
        let fees = self.asked(self.client.get_recent_prioritization_fees(accounts)).await?;
        Ok(fees.into_iter().map(|fee| fee.prioritization_fee).collect())
    }

    /// Runs a transaction without sending it, on accounts no older than the slot `since`.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or has not got that far.
    pub async fn simulate(
        &self,
        transaction: &VersionedTransaction,
        since: Option<u64>,
    ) -> Result<Simulated, String> {
        let config = RpcSimulateTransactionConfig {
            commitment: Some(CommitmentConfig::processed()),
            min_context_slot: since,
            ..RpcSimulateTransactionConfig::default()
        };
        let found = self.client.simulate_transaction_with_config(transaction, config);
        let found = self.asked(found).await?.value;
        Ok(Simulated {
            refused: found.err.map(TransactionError::from),
            logs: found.logs.unwrap_or_default(),
            units: found.units_consumed.unwrap_or_default(),
        })
    }

    /// What a program says to a transaction, on accounts no older than the slot `since`; `None` when
    /// none was asked: nobody answered, or the transaction was refused for another reason, as for a
    /// blockhash that the endpoint does not know yet.
    pub async fn judge(
        &self,
        transaction: &VersionedTransaction,
        since: u64,
    ) -> Option<Simulation> {
        let simulated = self.simulate(transaction, Some(since)).await;
        let Simulated { refused, units, .. } =
            simulated.inspect_err(|reason| debug!(%reason, "no simulation")).ok()?;
        match refused {
            None => Some(Simulation { units, refused: None }),
            Some(error @ TransactionError::InstructionError(..)) => {
                Some(Simulation { units, refused: Some(refusal(&error)) })
            }
            Some(_) => None,
        }
    }

    /// Where a transaction is on its way. The height is older than what is said of the transaction:
    /// one that has not landed by then and can no longer has not landed at all.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn landing(&self, signature: Signature) -> Result<Landing, String> {
        let confirmed = CommitmentConfig::confirmed();
        let height = self.asked(self.client.get_block_height_with_commitment(confirmed)).await?;
        let found = self.client.get_signature_statuses(std::slice::from_ref(&signature));
        let found = self.asked(found).await?.value.pop().flatten();
        let landed = found
            .filter(|status| status.satisfies_commitment(confirmed))
            .map(|status| (status.slot, status.err));
        Ok(Landing { landed, height })
    }

    /// The cluster's clock.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with a clock.
    pub async fn clock(&self) -> Result<Millis, String> {
        let found = self.account(&clock::ID).await?;
        let seconds = found.and_then(|found| number(&found.data, 32));
        let seconds = seconds.ok_or_else(|| self.garbled("clock"))?;
        Ok(Millis(seconds.saturating_mul(1_000)))
    }

    /// Slots of two blocks: the newest, and the one `back` blocks before it. `None` when the chain
    /// does not reach so far.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn two_slots(&self, back: u64) -> Result<Option<(u64, u64)>, String> {
        let Some(found) = self.account(&slot_hashes::ID).await? else { return Ok(None) };
        // After the length each entry has a slot and a hash, newest first.
        let slot = |entry: u64| number(&found.data, usize::try_from(8 + 40 * entry).ok()?);
        Ok(slot(0).zip(slot(back)))
    }
}

fn number(data: &[u8], at: usize) -> Option<u64> {
    let bytes = data.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}
