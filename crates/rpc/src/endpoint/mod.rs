//! RPC endpoints. Errors are sentences that name the host and never the address, which may carry a
//! key.

mod schedule;
mod search;
mod transact;

use std::error::Error;
use std::time::Duration;

use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use solana_account_decoder_client_types::{UiAccount, UiAccountData, UiAccountEncoding};
use solana_commitment_config::CommitmentConfig;
use solana_message::Hash;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client::rpc_client::RpcClientConfig;
use solana_rpc_client_api::client_error::{self, ErrorKind};
use solana_rpc_client_api::config::RpcAccountInfoConfig;
use solana_rpc_client_api::response::Response;
use solana_sdk_ids::sysvar::{clock, last_restart_slot};

use crate::http::{HttpSender, TOO_LONG};
use crate::limits::{
    ANSWER_WITHIN, MOST_ACCOUNTS, MOST_BYTES, MOST_PART_BYTES, MOST_SNAPSHOT_BYTES, PART_WITHIN,
    SNAPSHOT_WITHIN,
};
use crate::{Address, Addresses, Progress, Shown};

pub use search::{AccountHead, Listed, NoPart, Past};
pub use transact::Simulated;

/// One RPC endpoint.
pub struct Endpoint {
    /// Where it is; prints without keys.
    pub address: Address,
    client: RpcClient,
    patience: Duration,
    /// What names it: a setting or an option.
    setting: &'static str,
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

/// What a probe of an endpoint found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Where the chain is.
    pub progress: Progress,
    /// Fees paid lately, micro-lamports per compute unit; none where the endpoint tells of none.
    pub fees: Vec<u64>,
    /// Whether it vouches for the blockhash it was asked about.
    pub vouched: bool,
}

impl Endpoint {
    /// All endpoints of a setting, in their order.
    pub fn all(addresses: &Addresses) -> Vec<Self> {
        addresses.0.iter().cloned().map(Self::new).collect()
    }

    /// One endpoint, named by the setting `rpc`.
    pub fn new(address: Address) -> Self {
        Self::named_by("rpc", address)
    }

    /// One endpoint; errors ask to check `setting`.
    pub fn named_by(setting: &'static str, address: Address) -> Self {
        Self::with_limits(setting, address, ANSWER_WITHIN, MOST_BYTES)
    }

    fn with_limits(
        setting: &'static str,
        address: Address,
        patience: Duration,
        most_bytes: usize,
    ) -> Self {
        let sender = HttpSender::new(address.secret().to_owned(), patience, most_bytes);
        let config = RpcClientConfig::with_commitment(CommitmentConfig::processed());
        Self { address, client: RpcClient::new_sender(sender, config), patience, setting }
    }

    /// The same endpoint, asked for so much that an answer may take minutes.
    pub fn patient(&self) -> Self {
        let address = self.address.clone();
        Self::with_limits(self.setting, address, SNAPSHOT_WITHIN, MOST_SNAPSHOT_BYTES)
    }

    /// The same endpoint, asked for parts of a snapshot.
    pub fn for_parts(&self) -> Self {
        let address = self.address.clone();
        Self::with_limits(self.setting, address, PART_WITHIN, MOST_PART_BYTES)
    }

    /// What the client was asked for, in time.
    async fn asked<T>(
        &self,
        answer: impl Future<Output = client_error::Result<T>>,
    ) -> Result<T, String> {
        self.in_time(answer).await?.map_err(|error| self.said(error))
    }

    /// The same, with what the client says instead of an answer.
    async fn in_time<T>(&self, answer: impl Future<Output = T>) -> Result<T, String> {
        tokio::time::timeout(self.patience, answer).await.map_err(|_| {
            let seconds = self.patience.as_secs();
            self.silent(&format!("nothing in {seconds} s"))
        })
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
        self.epoch_at(CommitmentConfig::processed()).await
    }

    /// Slot and block height that have reached a commitment.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn epoch_at(&self, commitment: CommitmentConfig) -> Result<(u64, u64), String> {
        let info = self.asked(self.client.get_epoch_info_with_commitment(commitment)).await?;
        Ok((info.absolute_slot, info.block_height))
    }

    /// Lamports that keep an account of `length` bytes.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn rent(&self, length: usize) -> Result<u64, String> {
        self.asked(self.client.get_minimum_balance_for_rent_exemption(length)).await
    }

    /// An account, if it exists.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn account(&self, address: &Pubkey) -> Result<Option<Found>, String> {
        Ok(self.accounts(&[*address]).await?.pop().flatten())
    }

    /// Accounts, in the order of their addresses.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Found>>, String> {
        Ok(self.accounts_at(addresses, CommitmentConfig::processed()).await?.1)
    }

    /// Accounts in the order of their addresses, and the slot they were so in: of more than one
    /// request's, the oldest.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with what was asked for.
    pub async fn accounts_at(
        &self,
        addresses: &[Pubkey],
        commitment: CommitmentConfig,
    ) -> Result<(u64, Vec<Option<Found>>), String> {
        let (mut oldest, mut all) = (u64::MAX, Vec::new());
        for some in addresses.chunks(MOST_ACCOUNTS) {
            let found = self.client.get_multiple_ui_accounts_with_config(some, binary(commitment));
            let Response { context, value: found } = self.asked(found).await?;
            if found.len() != some.len() {
                return Err(self.garbled("accounts"));
            }
            let read = |account: Option<UiAccount>| match account {
                Some(account) => Found::read(&account).map(Some),
                None => Some(None),
            };
            let found: Option<Vec<_>> = found.into_iter().map(read).collect();
            all.extend(found.ok_or_else(|| self.garbled("accounts"))?);
            oldest = oldest.min(context.slot);
        }
        Ok((oldest, all))
    }

    /// Where the chain is as this endpoint shows it, fees paid lately on `accounts`, and whether it
    /// vouches for a blockhash that another one gave. Fees are an extra: an endpoint that has none to
    /// tell is as good as any.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with what was asked for.
    pub async fn progress(
        &self,
        accounts: &[Pubkey],
        other: Option<Hash>,
    ) -> Result<Probed, String> {
        let clock_and_restart = [clock::ID, last_restart_slot::ID];
        let vouched = async {
            Ok(match other {
                Some(hash) => self.vouches_for(&hash).await,
                None => false,
            })
        };
        let fees = async { Ok(self.recent_fees(accounts).await.unwrap_or_default()) };
        let (genesis, info, blockhash, sysvars, fees, vouched) = tokio::try_join!(
            self.asked(self.client.get_genesis_hash()),
            self.asked(self.client.get_epoch_info()),
            self.blockhash(),
            self.accounts(&clock_and_restart),
            fees,
            vouched,
        )?;
        let sysvar = |index: usize| sysvars.get(index).and_then(Option::as_ref);
        let clock = sysvar(0).and_then(|found| clock_of(&found.data));
        let clock = clock.ok_or_else(|| self.garbled("clock"))?;
        let restart_slot = sysvar(1).and_then(|found| number(&found.data, 0));
        let restart_slot = restart_slot.ok_or_else(|| self.garbled("last restart slot"))?;
        let progress = Progress {
            slot: info.absolute_slot,
            block_height: info.block_height,
            transactions: info.transaction_count.unwrap_or_default(),
            blockhash: blockhash.hash.to_bytes(),
            last_height: blockhash.last_height,
            clock,
            restart_slot,
            genesis: genesis.to_bytes(),
        };
        Ok(Probed { progress, fees, vouched })
    }

    /// Accounts as the endpoint has them now. Those that are not there have no data.
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

    /// What names it: a setting or an option.
    pub const fn setting(&self) -> &'static str {
        self.setting
    }

    fn garbled(&self, what: &str) -> String {
        let Self { address, setting, .. } = self;
        format!("{address} answers with no {what} that makes sense: check {setting}")
    }

    fn said(&self, error: client_error::Error) -> String {
        self.silent(&reason(error))
    }

    fn silent(&self, reason: &str) -> String {
        let Self { address, setting, .. } = self;
        let reason = address.without_keys(reason);
        format!("{address} does not answer ({reason}): check {setting} and the network")
    }
}

impl Found {
    /// An account as an endpoint writes it; `None`: it makes no sense.
    fn read(account: &UiAccount) -> Option<Self> {
        Some(Self {
            lamports: account.lamports,
            owner: account.owner.parse().ok()?,
            executable: account.executable,
            data: bytes_of(&account.data)?,
        })
    }
}

/// An account's bytes. Every request asks for base 64; what is compressed would be unpacked to a
/// length that only its sender knows, so it is not.
pub fn bytes_of(data: &UiAccountData) -> Option<Vec<u8>> {
    match data {
        UiAccountData::Binary(_, UiAccountEncoding::Base64) => data.decode(),
        UiAccountData::Binary(..) | UiAccountData::LegacyBinary(_) | UiAccountData::Json(_) => None,
    }
}

/// Where the sysvar `Clock` has the time in seconds: after slot, epoch start, epoch and leader
/// schedule epoch.
const CLOCK_SECONDS: usize = 32;

/// The cluster's time, out of the data of the sysvar `Clock`.
pub fn clock_of(data: &[u8]) -> Option<Millis> {
    let seconds = number(data, CLOCK_SECONDS)?;
    // Before 1970 it makes no sense.
    i64::try_from(seconds).ok()?;
    Some(Millis(seconds.saturating_mul(1_000)))
}

/// Eight bytes at an offset.
fn number(data: &[u8], at: usize) -> Option<u64> {
    let bytes = data.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// Accounts in bytes.
fn binary(commitment: CommitmentConfig) -> RpcAccountInfoConfig {
    RpcAccountInfoConfig {
        encoding: Some(UiAccountEncoding::Base64),
        commitment: Some(commitment),
        ..RpcAccountInfoConfig::default()
    }
}

/// What a client says went wrong, without the address it happened at.
fn reason(error: client_error::Error) -> String {
    match *error.kind {
        ErrorKind::Reqwest(error) => innermost(&error.without_url()),
        ErrorKind::Custom(reason) => reason,
        kind => kind.to_string(),
    }
}

/// Whether an answer was not read because it is too long.
fn is_too_long(error: &client_error::Error) -> bool {
    matches!(&*error.kind, ErrorKind::Custom(reason) if reason.starts_with(TOO_LONG))
}

/// The last of an error's causes: the one that says what happened.
fn innermost(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

#[cfg(test)]
mod tests;
