//! Finding accounts and past transactions.

use bytemuck::Pod;
use holdfast_client::decode::{Kind, decode};
use holdfast_client::{Pubkey, holdfast};
use serde_json::{Value, json};
use solana_account_decoder_client_types::UiDataSliceConfig;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::rpc_client::GetConfirmedSignaturesForAddress2Config;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};
use solana_rpc_client_api::request::RpcRequest;
use solana_rpc_client_api::response::{Response, RpcKeyedAccount};
use solana_signature::Signature;
use solana_transaction_status_client_types::TransactionConfirmationStatus;

use super::{Endpoint, Found, binary, bytes_of, is_too_long};
use crate::{Part, Shown, Snapshot};

/// Bytes before an account's fields.
const DISCRIMINATOR: usize = 8;

/// A past transaction, as a list of them has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its signature, in base 58.
    pub signature: String,
    /// Its slot.
    pub slot: u64,
    /// When its block was made, seconds since 1970, where the endpoint knows.
    pub time_s: Option<i64>,
    /// Whether it failed, and changed nothing.
    pub failed: bool,
    /// Whether its block is final.
    pub finalized: bool,
}

/// What a transaction that worked left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// What the programs logged, a line each.
    pub logs: Vec<String>,
    /// The accounts that it names, those from lookup tables too.
    pub accounts: Vec<Pubkey>,
}

/// The beginning of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountHead {
    /// Its address.
    pub address: Pubkey,
    /// What it holds.
    pub lamports: u64,
    /// How many bytes it has.
    pub length: usize,
    /// The first of them.
    pub data: Vec<u8>,
}

/// Why an endpoint did not show a part of the accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPart {
    /// It is more than is read at once: to be asked for in narrower parts.
    TooLong,
    /// Something else; a sentence.
    Failed(String),
}

impl Endpoint {
    /// A part of a silo's accounts, and the slot it was so in. Accounts that were asked for by their
    /// addresses and are not there are left out.
    ///
    /// # Errors
    /// When the endpoint does not answer, or not with what was asked for, or with too much.
    pub async fn part(&self, part: &Part) -> Result<(u64, Vec<Shown>), NoPart> {
        let commitment = CommitmentConfig::processed();
        if let Part::Named(addresses) = part {
            let found = self.accounts_at(addresses, commitment).await;
            let (slot, found) = found.map_err(NoPart::Failed)?;
            let shown = addresses.iter().zip(found).filter_map(|(address, found)| {
                let Found { owner, data, .. } = found?;
                Some(Shown { slot, address: *address, owner, data })
            });
            return Ok((slot, shown.collect()));
        }
        // As the documentation of the method writes bytes: others may not be passed on by whoever stands
        // before a node.
        let filters = part.filters().into_iter().map(|(offset, bytes)| {
            RpcFilterType::Memcmp(Memcmp::new_base58_encoded(offset, &bytes))
        });
        let params = filtered(Some(filters.collect()), commitment);
        let found = self.client.send(RpcRequest::GetProgramAccounts, params);
        let found = self.in_time(found).await.map_err(NoPart::Failed)?;
        let found = found.map_err(|error| match is_too_long(&error) {
            true => NoPart::TooLong,
            false => NoPart::Failed(self.said(error)),
        })?;
        let Snapshot { slot, accounts } = self.read_accounts(found).map_err(NoPart::Failed)?;
        let owner = holdfast::ID;
        let shown = accounts.into_iter();
        let shown = shown.map(|(address, data)| Shown { slot, address, owner, data });
        Ok((slot, shown.collect()))
    }

    /// Accounts of one kind with an address at `offset` among their fields, in the order of their
    /// addresses.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn having<T: Pod + Kind>(
        &self,
        offset: usize,
        address: &Pubkey,
    ) -> Result<Vec<(Pubkey, T)>, String> {
        let at = |offset, bytes| RpcFilterType::Memcmp(Memcmp::new_raw_bytes(offset, bytes));
        let filters = vec![
            at(0, T::DISCRIMINATOR.to_vec()),
            at(DISCRIMINATOR + offset, address.to_bytes().to_vec()),
        ];
        let found = self.of_program(Some(filters), CommitmentConfig::processed()).await?;
        let decoded = found.accounts.into_iter().filter_map(|(address, data)| {
            let account: T = decode(&data).ok()?;
            Some((address, account))
        });
        let mut accounts: Vec<_> = decoded.collect();
        accounts.sort_by_key(|(address, _)| *address);
        Ok(accounts)
    }

    /// All of the program's accounts at one slot.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with what was asked for.
    pub async fn everything(&self, commitment: CommitmentConfig) -> Result<Snapshot, String> {
        self.of_program(None, commitment).await
    }

    async fn of_program(
        &self,
        filters: Option<Vec<RpcFilterType>>,
        commitment: CommitmentConfig,
    ) -> Result<Snapshot, String> {
        let params = filtered(filters, commitment);
        let found = self.client.send(RpcRequest::GetProgramAccounts, params);
        self.read_accounts(self.asked(found).await?)
    }

    fn read_accounts(&self, found: Response<Vec<RpcKeyedAccount>>) -> Result<Snapshot, String> {
        let accounts: Option<Vec<_>> = found
            .value
            .iter()
            .map(|keyed| Some((keyed.pubkey.parse().ok()?, bytes_of(&keyed.account.data)?)))
            .collect();
        let accounts = accounts.ok_or_else(|| self.garbled("accounts"))?;
        Ok(Snapshot { slot: found.context.slot, accounts })
    }

    /// A program's confirmed accounts whose data begins with `prefix`, each with no more than its
    /// first `head` bytes.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with what was asked for.
    pub async fn heads(
        &self,
        program: &Pubkey,
        prefix: &[u8],
        head: usize,
    ) -> Result<Vec<AccountHead>, String> {
        let mut config = json!({
            "encoding": "base64",
            "commitment": "confirmed",
            "dataSlice": {"offset": 0, "length": head},
        });
        if !prefix.is_empty() {
            config["filters"] = json!([{"memcmp": {"offset": 0, "bytes": prefix}}]);
        }
        let params = json!([program.to_string(), config]);
        let found = self.client.send(RpcRequest::GetProgramAccounts, params);
        let found: Vec<RpcKeyedAccount> = self.asked(found).await?;
        let heads = found.iter().map(|keyed| {
            let mut data = bytes_of(&keyed.account.data)?;
            let length = keyed.account.space.map_or(Some(data.len()), |it| it.try_into().ok())?;
            data.truncate(head);
            let (address, lamports) = (keyed.pubkey.parse().ok()?, keyed.account.lamports);
            Some(AccountHead { address, lamports, length, data })
        });
        let heads: Option<Vec<_>> = heads.collect();
        heads.ok_or_else(|| self.garbled("accounts"))
    }

    /// A confirmed account with no more than its first `length` bytes, if it exists.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with what was asked for.
    pub async fn head(&self, address: &Pubkey, length: usize) -> Result<Option<Found>, String> {
        let config = RpcAccountInfoConfig {
            data_slice: Some(UiDataSliceConfig { offset: 0, length }),
            ..binary(CommitmentConfig::confirmed())
        };
        let addresses = [*address];
        let found = self.client.get_multiple_ui_accounts_with_config(&addresses, config);
        let found = self.asked(found).await?.value;
        let read = match found.as_slice() {
            [None] => return Ok(None),
            [Some(account)] => Found::read(account),
            _ => None,
        };
        read.map(Some).ok_or_else(|| self.garbled("account"))
    }

    /// Accounts at one confirmed slot, in the order of their addresses.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn confirmed(
        &self,
        addresses: &[Pubkey],
    ) -> Result<(u64, Vec<Option<Found>>), String> {
        self.accounts_at(addresses, CommitmentConfig::confirmed()).await
    }

    /// Transactions that name an account, the newest first: those before the one signed `before`, down to
    /// the one signed `until` without it, no more than `limit`.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with what was asked for.
    pub async fn listed(
        &self,
        address: &Pubkey,
        before: Option<Signature>,
        until: Option<Signature>,
        limit: usize,
        commitment: CommitmentConfig,
    ) -> Result<Vec<Listed>, String> {
        let (limit, commitment) = (Some(limit), Some(commitment));
        let config = GetConfirmedSignaturesForAddress2Config { before, until, limit, commitment };
        let found = self.client.get_signatures_for_address_with_config(address, config);
        let found = self.asked(found).await?.into_iter().map(|past| Listed {
            signature: past.signature,
            slot: past.slot,
            time_s: past.block_time,
            failed: past.err.is_some(),
            finalized: past.confirmation_status == Some(TransactionConfirmationStatus::Finalized),
        });
        Ok(found.collect())
    }

    /// A confirmed transaction; `None` when the endpoint does not keep it.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer, or not with what was asked for.
    pub async fn past(&self, signature: &str) -> Result<Option<Past>, String> {
        let config = json!({
            "commitment": "confirmed",
            "encoding": "json",
            "maxSupportedTransactionVersion": 0,
        });
        let found = self.client.send(RpcRequest::GetTransaction, json!([signature, config]));
        let found: Value = self.asked(found).await?;
        if found.is_null() {
            return Ok(None);
        }
        let (meta, message) = (&found["meta"], &found["transaction"]["message"]);
        let loaded = &meta["loadedAddresses"];
        let named = [&message["accountKeys"], &loaded["writable"], &loaded["readonly"]];
        let accounts = named.into_iter().flat_map(texts).map(|text| text.parse().ok());
        let accounts: Option<Vec<_>> = accounts.collect();
        let logs = meta["logMessages"].is_array().then(|| texts(&meta["logMessages"]).collect());
        let past = logs.zip(accounts).map(|(logs, accounts)| Past { logs, accounts });
        past.map(Some).ok_or_else(|| self.garbled("logs of a transaction"))
    }

    /// Whether the endpoint knows a transaction, its history included.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn knows(&self, signature: &Signature) -> Result<bool, String> {
        let asked = [*signature];
        let found = self.client.get_signature_statuses_with_history(&asked);
        let found = self.asked(found).await?.value;
        Ok(found.into_iter().flatten().next().is_some())
    }

    /// Logs of the confirmed transactions that touched an account after the one signed `since`, the
    /// oldest first.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn logs_since(
        &self,
        address: &Pubkey,
        since: Signature,
    ) -> Result<Vec<Vec<String>>, String> {
        let config = GetConfirmedSignaturesForAddress2Config {
            until: Some(since),
            commitment: Some(CommitmentConfig::confirmed()),
            ..GetConfirmedSignaturesForAddress2Config::default()
        };
        let found = self.client.get_signatures_for_address_with_config(address, config);
        let found = self.asked(found).await?;
        let mut logs = Vec::new();
        for past in found.iter().rev().filter(|past| past.err.is_none()) {
            logs.push(self.logs(&past.signature).await?);
        }
        Ok(logs)
    }

    /// Logs of a confirmed transaction; none when the endpoint does not keep it.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn logs(&self, signature: &str) -> Result<Vec<String>, String> {
        let config = json!({
            "commitment": "confirmed",
            "encoding": "base64",
            "maxSupportedTransactionVersion": 0,
        });
        let found = self.client.send(RpcRequest::GetTransaction, json!([signature, config]));
        let found: Value = self.asked(found).await?;
        Ok(texts(&found["meta"]["logMessages"]).collect())
    }
}

/// What asks for those of the program's accounts that pass some filters.
fn filtered(filters: Option<Vec<RpcFilterType>>, commitment: CommitmentConfig) -> Value {
    let config = RpcProgramAccountsConfig {
        filters,
        account_config: binary(commitment),
        with_context: Some(true),
        ..RpcProgramAccountsConfig::default()
    };
    json!([holdfast::ID.to_string(), config])
}

/// The texts of a list, if it is one.
fn texts(list: &Value) -> impl Iterator<Item = String> {
    let all = list.as_array().into_iter().flatten();
    all.filter_map(|text| text.as_str().map(str::to_owned))
}
