//! What an endpoint is asked for, so that tests can play one.

use std::future::Future;

use holdfast_client::holdfast;
use holdfast_rpc::{Endpoint, Listed, Past, Snapshot};
use solana_commitment_config::CommitmentConfig;
use solana_signature::Signature;

/// Where transactions come from.
pub trait Source: Send + Sync {
    /// The slot that has reached a commitment.
    ///
    /// # Errors
    /// A sentence when there is no answer.
    fn slot(
        &self,
        commitment: CommitmentConfig,
    ) -> impl Future<Output = Result<u64, String>> + Send;

    /// The program's transactions, the newest first: those before the one signed `before`, down to the one
    /// signed `until` without it, no more than `limit`.
    ///
    /// # Errors
    /// A sentence when there is no answer.
    fn listed(
        &self,
        before: Option<&str>,
        until: Option<&str>,
        limit: usize,
        commitment: CommitmentConfig,
    ) -> impl Future<Output = Result<Vec<Listed>, String>> + Send;

    /// What a transaction that worked left behind; `None` when the endpoint does not keep it.
    ///
    /// # Errors
    /// A sentence when there is no answer.
    fn past(&self, signature: &str) -> impl Future<Output = Result<Option<Past>, String>> + Send;

    /// Whether a transaction is known.
    ///
    /// # Errors
    /// A sentence when there is no answer.
    fn knows(&self, signature: &str) -> impl Future<Output = Result<bool, String>> + Send;

    /// All of the program's accounts at one slot whose block is final.
    ///
    /// # Errors
    /// A sentence when there is no answer.
    fn everything(&self) -> impl Future<Output = Result<Snapshot, String>> + Send;
}

impl Source for Endpoint {
    async fn slot(&self, commitment: CommitmentConfig) -> Result<u64, String> {
        Ok(self.epoch_at(commitment).await?.0)
    }

    async fn listed(
        &self,
        before: Option<&str>,
        until: Option<&str>,
        limit: usize,
        commitment: CommitmentConfig,
    ) -> Result<Vec<Listed>, String> {
        let (before, until) = (before.map(parsed).transpose()?, until.map(parsed).transpose()?);
        Endpoint::listed(self, &holdfast::ID, before, until, limit, commitment).await
    }

    async fn past(&self, signature: &str) -> Result<Option<Past>, String> {
        Endpoint::past(self, signature).await
    }

    async fn knows(&self, signature: &str) -> Result<bool, String> {
        Endpoint::knows(self, &parsed(signature)?).await
    }

    async fn everything(&self) -> Result<Snapshot, String> {
        self.patient().everything(CommitmentConfig::finalized()).await
    }
}

fn parsed(signature: &str) -> Result<Signature, String> {
    signature
        .parse()
        .map_err(|_| format!("{signature} is no signature: the database is not of this version"))
}
