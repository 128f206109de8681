//! RPC endpoints. Errors are sentences that name the host and never the address, which may carry a
//! key.

mod schedule;
mod search;
mod transact;

use std::time::Duration;

use holdfast_client::Pubkey;
use holdfast_keeper_core::Snapshot;
use holdfast_keeper_core::health::Progress;
use holdfast_keeper_core::keeper::{FeedAccount, Shown, TxStatus};
use holdfast_migrations::reason;
use holdfast_risk::Millis;
use solana_account_decoder_client_types::{UiAccount, UiAccountEncoding};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::client_error;
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcSendTransactionConfig, UiTransactionEncoding,
};
use solana_rpc_client_api::response::Response;
use solana_sdk_ids::sysvar::{clock, last_restart_slot};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use crate::config::{Address, Config};
use crate::daemon::refusal;

pub use transact::{Landing, Simulated};

/// An endpoint that does not answer in this time has not answered.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The same for every account of a large venue.
const PATIENT_TIMEOUT: Duration = Duration::from_secs(300);

/// Transactions whose status may be asked for at once.
const MOST_STATUSES: usize = 256;

/// One RPC endpoint.
pub struct Endpoint {
    /// Where it is; prints without keys.
    pub address: Address,
    client: RpcClient,
    patience: Duration,
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

    /// One endpoint.
    pub fn new(address: Address) -> Self {
        Self::with_timeout(address, TIMEOUT)
    }

    fn with_timeout(address: Address, timeout: Duration) -> Self {
        let (url, commitment) = (address.secret().to_owned(), CommitmentConfig::processed());
        let client = RpcClient::new_with_timeout_and_commitment(url, timeout, commitment);
        Self { address, client, patience: timeout }
    }

    /// The same endpoint, asked for so much that an answer may take minutes.
    pub fn patient(&self) -> Self {
        Self::with_timeout(self.address.clone(), PATIENT_TIMEOUT)
    }

    /// What the client was asked for, in time: it waits and asks again for as long as an endpoint
    /// that limits it says.
    async fn asked<T>(
        &self,
        answer: impl Future<Output = client_error::Result<T>>,
    ) -> Result<T, String> {
        let Ok(answer) = tokio::time::timeout(self.patience, answer).await else {
            let seconds = self.patience.as_secs();
            return Err(self.silent(&format!("nothing in {seconds} s")));
        };
        answer.map_err(|error| self.said(error))
    }

    /// The cluster's genesis hash.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn genesis(&self) -> Result<String, String> {
        Ok(self.asked(self.client.get_genesis_hash()).await?.to_string())
    }

    /// Slot and block height now.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn epoch(&self) -> Result<(u64, u64), String> {
        let info = self.asked(self.client.get_epoch_info()).await?;
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
        Ok(self.accounts_at(addresses, CommitmentConfig::processed()).await?.1)
    }

    /// Accounts in the order of their addresses, and the slot they were so in; at most 100.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with what was asked for.
    pub async fn accounts_at(
        &self,
        addresses: &[Pubkey],
        commitment: CommitmentConfig,
    ) -> Result<(u64, Vec<Option<Found>>), String> {
        let found = self.client.get_multiple_ui_accounts_with_config(addresses, binary(commitment));
        let Response { context, value: found } = self.asked(found).await?;
        if found.len() != addresses.len() {
            return Err(self.garbled("accounts"));
        }
        let read = |account: Option<UiAccount>| match account {
            Some(account) => Found::read(&account).map(Some),
            None => Some(None),
        };
        let found: Option<Vec<_>> = found.into_iter().map(read).collect();
        Ok((context.slot, found.ok_or_else(|| self.garbled("accounts"))?))
    }

    /// Where the chain is as this endpoint shows it, and fees paid lately on `accounts`.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with what was asked for.
    pub async fn progress(&self, accounts: &[Pubkey]) -> Result<(Progress, Vec<u64>), String> {
        let clock_and_restart = [clock::ID, last_restart_slot::ID];
        let processed = CommitmentConfig::processed();
        let (info, (blockhash, last_height), sysvars, fees) = tokio::try_join!(
            self.asked(self.client.get_epoch_info()),
            self.asked(self.client.get_latest_blockhash_with_commitment(processed)),
            self.accounts(&clock_and_restart),
            self.recent_fees(accounts),
        )?;
        let sysvar = |index: usize| sysvars.get(index).and_then(Option::as_ref);
        let number = |index: usize, at: usize| {
            let bytes = sysvar(index)?.data.get(at..at + 8)?;
            Some(u64::from_le_bytes(bytes.try_into().ok()?))
        };
        // `Clock`: slot, epoch start, epoch, leader schedule epoch, then the time in seconds.
        let seconds = number(0, 32).filter(|seconds| i64::try_from(*seconds).is_ok());
        let seconds = seconds.ok_or_else(|| self.garbled("clock"))?;
        let restart_slot = number(1, 0).ok_or_else(|| self.garbled("last restart slot"))?;
        let progress = Progress {
            slot: info.absolute_slot,
            block_height: info.block_height,
            transactions: info.transaction_count.unwrap_or_default(),
            blockhash: blockhash.to_bytes(),
            last_height,
            clock: Millis(seconds.saturating_mul(1_000)),
            restart_slot,
        };
        Ok((progress, fees))
    }

    /// All of the program's accounts, and the feed accounts.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with what was asked for.
    pub async fn snapshot(&self, feeds: &[Pubkey]) -> Result<(Snapshot, Vec<FeedAccount>), String> {
        let snapshot = self.everything(CommitmentConfig::processed()).await?;
        let shown = self.accounts(feeds).await?;
        let shown = feeds.iter().zip(shown).filter_map(|(address, found)| {
            let Found { owner, data, .. } = found?;
            Some(FeedAccount { address: *address, owner, data })
        });
        Ok((snapshot, shown.collect()))
    }

    /// Accounts as the endpoint has them now; at most 100. Those that are not there have no data.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with what was asked for.
    pub async fn look(&self, addresses: &[Pubkey]) -> Result<Vec<Shown>, String> {
        let (slot, found) = self.accounts_at(addresses, CommitmentConfig::processed()).await?;
        let shown = addresses.iter().zip(found).map(|(address, found)| {
            let (owner, data) = found.map(|found| (found.owner, found.data)).unwrap_or_default();
            Shown { slot, address: *address, owner, data }
        });
        Ok(shown.collect())
    }

    /// Hands a transaction to the endpoint, which does not judge it.
    ///
    /// # Errors
    /// A sentence when the endpoint does not take it.
    pub async fn send(&self, transaction: &VersionedTransaction) -> Result<(), String> {
        let config = RpcSendTransactionConfig {
            skip_preflight: true,
            encoding: Some(UiTransactionEncoding::Base64),
            max_retries: Some(0),
            ..RpcSendTransactionConfig::default()
        };
        self.asked(self.client.send_transaction_with_config(transaction, config)).await?;
        Ok(())
    }

    /// What became of transactions that the cluster has confirmed.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn fates(&self, signatures: &[Signature]) -> Result<Vec<TxStatus>, String> {
        let mut fates = Vec::new();
        for some in signatures.chunks(MOST_STATUSES) {
            let found = self.asked(self.client.get_signature_statuses(some)).await?.value;
            for (signature, status) in some.iter().zip(found) {
                let Some(status) = status else { continue };
                if status.satisfies_commitment(CommitmentConfig::confirmed()) {
                    let refused = status.err.as_ref().map(refusal);
                    fates.push(TxStatus { signature: *signature, slot: status.slot, refused });
                }
            }
        }
        Ok(fates)
    }

    fn garbled(&self, what: &str) -> String {
        format!("{} answers with no {what} that makes sense: check rpc", self.address)
    }

    fn said(&self, error: client_error::Error) -> String {
        self.silent(&reason(error))
    }

    fn silent(&self, reason: &str) -> String {
        let reason = self.address.without_keys(reason);
        format!("{} does not answer ({reason}): check rpc and the network", self.address)
    }
}

impl Found {
    /// An account as an endpoint writes it; `None`: it makes no sense.
    fn read(account: &UiAccount) -> Option<Self> {
        Some(Self {
            lamports: account.lamports,
            owner: account.owner.parse().ok()?,
            executable: account.executable,
            data: account.data.decode()?,
        })
    }
}

/// Accounts in bytes.
fn binary(commitment: CommitmentConfig) -> RpcAccountInfoConfig {
    RpcAccountInfoConfig {
        encoding: Some(UiAccountEncoding::Base64),
        commitment: Some(commitment),
        ..RpcAccountInfoConfig::default()
    }
}

#[cfg(test)]
mod tests;
