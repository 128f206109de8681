//! What setting up and watching need of a cluster's RPC.

use std::time::Duration;

use anyhow::{Context, Result};
use holdfast_client::{Instruction, Pubkey};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_transaction::Transaction;

/// An endpoint that says nothing for so long has not answered.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A cluster by one of its endpoints.
pub struct Chain {
    client: RpcClient,
}

impl Chain {
    /// The cluster at `url`.
    pub fn new(url: &str) -> Self {
        let commitment = CommitmentConfig::confirmed();
        let client =
            RpcClient::new_with_timeout_and_commitment(url.to_owned(), TIMEOUT, commitment);
        Self { client }
    }

    /// The newest slot.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn slot(&self) -> Result<u64> {
        Ok(self.client.get_slot_with_commitment(CommitmentConfig::processed()).await?)
    }

    /// The newest slot that the cluster has voted for: what a transaction is tried on.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn confirmed_slot(&self) -> Result<u64> {
        Ok(self.client.get_slot().await?)
    }

    /// An account's bytes, if it exists.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn data(&self, address: &Pubkey) -> Result<Option<Vec<u8>>> {
        let found =
            self.client.get_account_with_commitment(address, CommitmentConfig::processed()).await?;
        Ok(found.value.map(|account| account.data))
    }

    /// Lamports that keep an account of `length` bytes.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn rent(&self, length: usize) -> Result<u64> {
        Ok(self.client.get_minimum_balance_for_rent_exemption(length).await?)
    }

    /// Sends a transaction that the first signer pays, and waits until it is confirmed.
    ///
    /// # Errors
    /// When it does not land.
    pub async fn send(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<()> {
        let payer = signers.first().context("a transaction needs a payer")?.pubkey();
        let blockhash = self.client.get_latest_blockhash().await?;
        let message = Message::new(instructions, Some(&payer));
        let transaction = Transaction::new(signers, message, blockhash);
        self.client.send_and_confirm_transaction(&transaction).await?;
        Ok(())
    }
}
