//! RPC endpoints. Errors are sentences that name the host and never the address, which may carry a
//! key.

use std::error::Error;
use std::time::Duration;

use holdfast_client::{Instruction, Pubkey};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_message::{Message, VersionedMessage};
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::client_error::{self, ErrorKind};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::config::{Address, Config};

/// An endpoint that does not answer in this time has not answered.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One RPC endpoint.
pub struct Endpoint {
    /// Where it is; prints without keys.
    pub address: Address,
    client: RpcClient,
}

/// An account.
pub struct Found {
    /// Lamports.
    pub lamports: u64,
    /// Its program.
    pub owner: Pubkey,
    /// Whether it is a program itself.
    pub executable: bool,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl Endpoint {
    /// All endpoints of the settings, in their order.
    pub fn all(config: &Config) -> Vec<Self> {
        config.rpc.0.iter().cloned().map(Self::new).collect()
    }

    fn new(address: Address) -> Self {
        let (url, commitment) = (address.secret().to_owned(), CommitmentConfig::processed());
        let client = RpcClient::new_with_timeout_and_commitment(url, TIMEOUT, commitment);
        Self { address, client }
    }

    /// The cluster's genesis hash.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn genesis(&self) -> Result<String, String> {
        let hash = self.client.get_genesis_hash().await;
        hash.map(|hash| hash.to_string()).map_err(|error| self.said(error))
    }

    /// Slot and block height now.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn epoch(&self) -> Result<(u64, u64), String> {
        let info = self.client.get_epoch_info().await.map_err(|error| self.said(error))?;
        Ok((info.absolute_slot, info.block_height))
    }

    /// An account, if it exists.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn account(&self, address: &Pubkey) -> Result<Option<Found>, String> {
        Ok(self.accounts(&[*address]).await?.pop().flatten())
    }

    /// Accounts, in the order of their addresses; at most 100.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Found>>, String> {
        let found = self.client.get_multiple_accounts(addresses).await;
        let found = found.map_err(|error| self.said(error))?;
        let found = found.into_iter().map(|account| {
            account.map(|account| Found {
                lamports: account.lamports,
                owner: account.owner,
                executable: account.executable,
                data: account.data,
            })
        });
        Ok(found.collect())
    }

    /// Sends instructions in one transaction that `wallet` pays and signs, and waits until the
    /// cluster has confirmed it.
    ///
    /// # Errors
    /// A sentence when it did not land.
    pub async fn act(
        &self,
        instructions: &[Instruction],
        wallet: &Keypair,
    ) -> Result<String, String> {
        let blockhash =
            self.client.get_latest_blockhash().await.map_err(|error| self.said(error))?;
        let payer = wallet.pubkey();
        let message = Message::new_with_blockhash(instructions, Some(&payer), &blockhash);
        let message = VersionedMessage::Legacy(message);
        let transaction = VersionedTransaction::try_new(message, &[wallet])
            .map_err(|error| format!("the wallet cannot sign this ({error}): check keypair"))?;
        let landed = self.client.send_and_confirm_transaction(&transaction).await;
        landed.map(|signature| signature.to_string()).map_err(|error| {
            format!(
                "the transaction may not have landed ({}): look before you try again",
                reason(error)
            )
        })
    }

    fn said(&self, error: client_error::Error) -> String {
        format!("{} does not answer ({}): check rpc and the network", self.address, reason(error))
    }
}

/// The reason without the address it happened at.
fn reason(error: client_error::Error) -> String {
    match *error.kind {
        ErrorKind::Reqwest(error) => innermost(&error.without_url()),
        ErrorKind::Middleware(_) => "the request failed on its way".to_owned(),
        kind => kind.to_string(),
    }
}

/// The last of an error's causes: the one that says what happened.
fn innermost(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}
