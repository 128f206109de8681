//! What setting up and watching need of a cluster's RPC.

use anyhow::{Error, Result, bail};
use holdfast_client::{Instruction, Pubkey};
use holdfast_rpc::{Address, Budget, Endpoint, Tracker, Verdict, follow, sign};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;

/// A cluster by one of its endpoints.
pub struct ClusterClient {
    endpoint: Endpoint,
}

impl ClusterClient {
    /// The cluster at `url`.
    pub fn new(url: &str) -> Self {
        Self { endpoint: Endpoint::named_by("the validator", Address(url.to_owned())) }
    }

    /// The newest slot.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn slot(&self) -> Result<u64> {
        Ok(self.endpoint.epoch().await.map_err(Error::msg)?.0)
    }

    /// The newest slot that the cluster has voted for: what a transaction is tried on.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn confirmed_slot(&self) -> Result<u64> {
        let confirmed = CommitmentConfig::confirmed();
        Ok(self.endpoint.epoch_at(confirmed).await.map_err(Error::msg)?.0)
    }

    /// An account's bytes, if it exists.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn data(&self, address: &Pubkey) -> Result<Option<Vec<u8>>> {
        let found = self.endpoint.account(address).await.map_err(Error::msg)?;
        Ok(found.map(|account| account.data))
    }

    /// All of the venue's accounts.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn everything(&self) -> Result<Vec<(Pubkey, Vec<u8>)>> {
        let patient = self.endpoint.patient();
        let found = patient.everything(CommitmentConfig::confirmed()).await.map_err(Error::msg)?;
        Ok(found.accounts)
    }

    /// Lamports that keep an account of `length` bytes.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn rent(&self, length: usize) -> Result<u64> {
        self.endpoint.rent(length).await.map_err(Error::msg)
    }

    /// Sends a transaction that the first signer pays, and waits until it is confirmed.
    ///
    /// # Errors
    /// When it does not land, or the program refuses it.
    pub async fn send(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<()> {
        let blockhash = self.endpoint.blockhash().await.map_err(Error::msg)?;
        let signed = sign(Budget::default(), instructions, signers, &blockhash.hash);
        let tracker = Tracker::new(signed.map_err(Error::msg)?, blockhash);
        let endpoints = std::slice::from_ref(&self.endpoint);
        let followed = follow(endpoints, vec![tracker], &mut |_| {}).await;
        match followed.first().and_then(Tracker::verdict) {
            Some(Verdict::Landed { .. }) => Ok(()),
            // As the runtime says it: "custom program error" where the program refused.
            Some(Verdict::Refused { reason, .. }) => bail!("a transaction was refused: {reason}"),
            verdict => bail!("a transaction did not land: {verdict:?}"),
        }
    }
}
