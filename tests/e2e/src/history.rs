//! What happened on the chain, in its order: the program's transactions and their events.

use anchor_lang::Event;
use anyhow::{Context, Result};
use holdfast_client::{Pubkey, events, holdfast};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client::rpc_client::GetConfirmedSignaturesForAddress2Config;
use solana_rpc_client_api::config::RpcTransactionConfig;
use solana_signature::Signature;
use solana_transaction_status_client_types::UiTransactionEncoding;

/// Transactions that an endpoint lists at once.
const PAGE: usize = 1_000;

/// A transaction that the program was part of.
pub struct Entry {
    /// Its slot.
    pub slot: u64,
    /// Who paid for it.
    pub payer: Pubkey,
    /// Whether the program took it.
    pub taken: bool,
    logs: Vec<String>,
}

impl Entry {
    /// Its events of a kind.
    pub fn events<E: Event>(&self) -> impl Iterator<Item = E> {
        events::all(&self.logs)
    }
}

/// All transactions confirmed after `start`, oldest first.
///
/// # Errors
/// When the endpoint does not answer.
pub async fn since(url: &str, start: u64) -> Result<Vec<Entry>> {
    let client = RpcClient::new_with_commitment(url.to_owned(), CommitmentConfig::confirmed());
    let mut entries = Vec::new();
    for signature in signatures(&client, start).await? {
        entries.push(entry(&client, &signature).await?);
    }
    Ok(entries)
}

async fn signatures(client: &RpcClient, start: u64) -> Result<Vec<Signature>> {
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let config = GetConfirmedSignaturesForAddress2Config {
            before,
            limit: Some(PAGE),
            commitment: Some(CommitmentConfig::confirmed()),
            ..GetConfirmedSignaturesForAddress2Config::default()
        };
        let page = client.get_signatures_for_address_with_config(&holdfast::ID, config).await?;
        let newer = page.iter().take_while(|status| status.slot > start);
        for status in newer {
            found.push(status.signature.parse::<Signature>()?);
        }
        if page.len() < PAGE || page.last().is_none_or(|oldest| oldest.slot <= start) {
            found.reverse();
            return Ok(found);
        }
        before = found.last().copied();
    }
}

async fn entry(client: &RpcClient, signature: &Signature) -> Result<Entry> {
    let config = RpcTransactionConfig {
        encoding: Some(UiTransactionEncoding::Base64),
        commitment: Some(CommitmentConfig::confirmed()),
        max_supported_transaction_version: Some(0),
    };
    let found = client.get_transaction_with_config(signature, config).await?;
    let transaction =
        found.transaction.transaction.decode().context("an unreadable transaction")?;
    let payer = transaction.message.static_account_keys().first().copied();
    let meta = found.transaction.meta.context("a transaction without its outcome")?;
    Ok(Entry {
        slot: found.slot,
        payer: payer.context("a transaction without a payer")?,
        taken: meta.err.is_none(),
        logs: Option::from(meta.log_messages).unwrap_or_default(),
    })
}
