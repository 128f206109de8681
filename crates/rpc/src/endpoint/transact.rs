//! What a transaction needs: a trial, a blockhash, and what becomes of it.

use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use solana_commitment_config::CommitmentConfig;
use solana_message::Hash;
use solana_rpc_client_api::client_error::{self, ErrorKind};
use solana_rpc_client_api::config::{
    RpcSendTransactionConfig, RpcSimulateTransactionConfig, UiTransactionEncoding,
};
use solana_rpc_client_api::custom_error::JSON_RPC_SERVER_ERROR_TRANSACTION_HISTORY_NOT_AVAILABLE;
use solana_rpc_client_api::request::RpcError;
use solana_rpc_client_api::response::Response;
use solana_sdk_ids::sysvar::{clock, slot_hashes};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::TransactionStatus;
use tracing::debug;

use super::{Endpoint, clock_of, number};
use crate::limits::{MOST_STATUSES, REMEMBERED_BLOCKS, SPARE_BLOCKS};
use crate::{Blockhash, Look, Simulation, Status, refusal};

/// How a trial ended.
pub struct Simulated {
    /// Why it would fail.
    pub refused: Option<TransactionError>,
    /// What the programs said.
    pub logs: Vec<String>,
    /// Compute units it took.
    pub units: u64,
}

/// Statuses of transactions in their order, and whether those that are absent were searched for.
type Statuses = (Response<Vec<Option<TransactionStatus>>>, bool);

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

    /// Whether a blockhash may be used, as far as the endpoint knows. One that cannot say does not
    /// vouch for it.
    pub async fn vouches_for(&self, hash: &Hash) -> bool {
        let processed = CommitmentConfig::processed();
        let valid = self.in_time(self.client.is_blockhash_valid(hash, processed)).await;
        matches!(valid, Ok(Ok(true)))
    }

    /// The newest blockhash, and the slot it is of.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn newest_blockhash(&self) -> Result<(u64, Blockhash), String> {
        let commitment = CommitmentConfig::processed();
        let found = self.client.get_latest_blockhash_with_commitment_and_context(commitment);
        let Response { context, value: (hash, last_height) } = self.asked(found).await?;
        Ok((context.slot, Blockhash { hash, last_height }))
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

    /// Hands a transaction to the endpoint, which does not judge it and does not send it again.
    ///
    /// # Errors
    /// A sentence when the endpoint does not take it.
    pub async fn send(&self, transaction: &VersionedTransaction) -> Result<(), String> {
        let skip_preflight = true;
        self.hand_over(
            transaction,
            RpcSendTransactionConfig { skip_preflight, ..RpcSendTransactionConfig::default() },
        )
        .await
    }

    /// Hands a transaction to the endpoint, which runs it first and does not send it again.
    ///
    /// # Errors
    /// A sentence when the endpoint does not take it, or the transaction would fail.
    pub async fn try_and_send(&self, transaction: &VersionedTransaction) -> Result<(), String> {
        let preflight_commitment = Some(CommitmentConfig::processed().commitment);
        self.hand_over(
            transaction,
            RpcSendTransactionConfig {
                preflight_commitment,
                ..RpcSendTransactionConfig::default()
            },
        )
        .await
    }

    async fn hand_over(
        &self,
        transaction: &VersionedTransaction,
        config: RpcSendTransactionConfig,
    ) -> Result<(), String> {
        let config = RpcSendTransactionConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            max_retries: Some(0),
            ..config
        };
        let sent = self.client.send_transaction_with_config(transaction, config);
        self.asked(sent).await.map(|_| ())
    }

    /// Where transactions are, each given with the last block height it may land at, in their order.
    /// The height is asked before the statuses, so one that could no longer land then and is absent
    /// has not landed at all. Once that is in question the endpoint searches its history.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with what was asked for.
    pub async fn looks(
        &self,
        transactions: &[(Signature, u64)],
    ) -> Result<Vec<Look<TransactionError>>, String> {
        let confirmed = CommitmentConfig::confirmed();
        let (slot, height) = self.epoch_at(confirmed).await?;
        let mut looks = Vec::new();
        for some in transactions.chunks(MOST_STATUSES) {
            let signatures: Vec<_> = some.iter().map(|(signature, _)| *signature).collect();
            let is_past = |last: u64| height > last.saturating_add(SPARE_BLOCKS);
            let searches = some.iter().any(|(_, last)| is_past(*last));
            let (found, searched) = self.statuses(&signatures, searches).await?;
            if found.value.len() != some.len() {
                return Err(self.garbled("transaction statuses"));
            }
            // Behind one address there may be several nodes: this one may be behind the first.
            let is_level = found.context.slot >= slot;
            for ((_, last), status) in some.iter().zip(found.value) {
                let remembered = height <= last.saturating_add(REMEMBERED_BLOCKS);
                let status = match status {
                    Some(status) if status.satisfies_commitment(confirmed) => {
                        Status::Confirmed { slot: status.slot, refused: status.err }
                    }
                    Some(_) => Status::Processed,
                    None => Status::Absent { searched: is_level && (searched || remembered) },
                };
                looks.push(Look { height, status });
            }
        }
        Ok(looks)
    }

    /// Statuses, from the endpoint's history as well if it `searches` and keeps one.
    async fn statuses(&self, signatures: &[Signature], searches: bool) -> Result<Statuses, String> {
        if searches {
            let found = self.client.get_signature_statuses_with_history(signatures);
            match self.in_time(found).await? {
                Ok(found) => return Ok((found, true)),
                Err(error) if keeps_no_history(&error) => {}
                Err(error) => return Err(self.said(error)),
            }
        }
        Ok((self.asked(self.client.get_signature_statuses(signatures)).await?, false))
    }

    /// The cluster's clock.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with a clock.
    pub async fn clock(&self) -> Result<Millis, String> {
        let found = self.account(&clock::ID).await?;
        let clock = found.and_then(|found| clock_of(&found.data));
        clock.ok_or_else(|| self.garbled("clock"))
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

/// Whether an endpoint says that it keeps no history of transactions.
fn keeps_no_history(error: &client_error::Error) -> bool {
    matches!(
        &*error.kind,
        ErrorKind::RpcError(RpcError::RpcResponseError { code, .. })
            if *code == JSON_RPC_SERVER_ERROR_TRANSACTION_HISTORY_NOT_AVAILABLE
    )
}
