//! Transactions in the shapes that clients read.

use std::collections::HashSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use solana_message::VersionedMessage;
use solana_message::inner_instruction::InnerInstructionsList;
use solana_message::v0::LoadedAddresses;
use solana_pubkey::Pubkey;
use solana_transaction::versioned::{TransactionVersion, VersionedTransaction};
use solana_transaction_status_client_types::option_serializer::OptionSerializer;
use solana_transaction_status_client_types::{
    InnerInstruction, InnerInstructions, TransactionStatusMeta, UiAddressTableLookup,
    UiCompiledInstruction, UiInnerInstructions, UiInstruction, UiParsedInstruction,
    UiPartiallyDecodedInstruction, UiRawMessage, UiTransactionEncoding, UiTransactionStatusMeta,
};

use super::{Answer, Refusal, shown};
use crate::node::Landed;

/// Bytes of a transaction out of the encoding a client chose.
///
/// # Errors
/// When they are none.
pub fn decoded(
    text: &str,
    encoding: Option<UiTransactionEncoding>,
) -> Result<VersionedTransaction, Refusal> {
    let bytes = match encoding.unwrap_or(UiTransactionEncoding::Base58) {
        UiTransactionEncoding::Base58 => bs58::decode(text).into_vec().map_err(Refusal::params)?,
        UiTransactionEncoding::Base64 => BASE64_STANDARD.decode(text).map_err(Refusal::params)?,
        other => {
            let what =
                format!("unsupported encoding: {other}. Supported encodings: base58, base64");
            return Err(Refusal::params(what));
        }
    };
    let transaction: VersionedTransaction = bincode::deserialize(&bytes).map_err(|error| {
        Refusal::params(format!("failed to deserialize a transaction: {error}"))
    })?;
    transaction
        .sanitize()
        .map_err(|error| Refusal::params(format!("invalid transaction: {error}")))?;
    Ok(transaction)
}

/// A transaction that landed, as `getTransaction` shows it. `most` is the newest version that the client
/// said it understands.
///
/// # Errors
/// When it is of a newer one.
pub fn confirmed(landed: &Landed, encoding: UiTransactionEncoding, most: Option<u8>) -> Answer {
    let mut value = with_meta(landed, encoding, most)?;
    value["slot"] = json!(landed.slot);
    value["blockTime"] = json!(landed.clock_s);
    Ok(value)
}

/// The same as one of a block's.
///
/// # Errors
/// As [`confirmed`].
pub fn with_meta(landed: &Landed, encoding: UiTransactionEncoding, most: Option<u8>) -> Answer {
    let transaction = &landed.transaction;
    let bytes =
        || bincode::serialize(transaction).map_err(|error| Refusal::new(-32603, error.to_string()));
    let encoded = match encoding {
        UiTransactionEncoding::Base64 => json!([BASE64_STANDARD.encode(bytes()?), "base64"]),
        UiTransactionEncoding::Base58 => json!([bs58::encode(bytes()?).into_string(), "base58"]),
        UiTransactionEncoding::Binary => json!(bs58::encode(bytes()?).into_string()),
        UiTransactionEncoding::Json => {
            json!({"signatures": signatures(landed), "message": raw(&transaction.message)?})
        }
        UiTransactionEncoding::JsonParsed => {
            json!({"signatures": signatures(landed), "message": parsed(landed)?})
        }
    };
    let mut meta = meta(landed);
    if encoding == UiTransactionEncoding::JsonParsed {
        meta.inner_instructions = Some(parsed_inner(landed)).into();
    }
    versioned(landed, json!({"transaction": encoded, "meta": shown(&meta)?}), most)
}

/// The same with nothing but the accounts and what became of them.
///
/// # Errors
/// As [`confirmed`].
pub fn with_accounts(landed: &Landed, most: Option<u8>) -> Answer {
    let transaction = json!({"signatures": signatures(landed), "accountKeys": keys(landed)});
    let mut meta = meta(landed);
    meta.inner_instructions = OptionSerializer::Skip;
    meta.log_messages = OptionSerializer::Skip;
    meta.loaded_addresses = OptionSerializer::Skip;
    meta.return_data = OptionSerializer::Skip;
    meta.compute_units_consumed = OptionSerializer::Skip;
    meta.cost_units = OptionSerializer::Skip;
    versioned(landed, json!({"transaction": transaction, "meta": shown(&meta)?}), most)
}

/// Adds the version for a client that said which it understands.
fn versioned(landed: &Landed, mut value: Value, most: Option<u8>) -> Answer {
    let version = landed.transaction.version();
    if let TransactionVersion::Number(number) = version
        && most.is_none_or(|most| number > most)
    {
        return Err(Refusal::new(
            -32015,
            format!(
                "Transaction version ({number}) is not supported by the requesting client. Please \
                 try the request again with the following configuration parameter: \
                 \"maxSupportedTransactionVersion\": {number}"
            ),
        ));
    }
    if most.is_some() {
        value["version"] = shown(&version)?;
    }
    Ok(value)
}

fn signatures(landed: &Landed) -> Vec<String> {
    landed.transaction.signatures.iter().map(ToString::to_string).collect()
}

fn raw(message: &VersionedMessage) -> Answer {
    let lookups = message.address_table_lookups();
    shown(&UiRawMessage {
        header: *message.header(),
        account_keys: message.static_account_keys().iter().map(ToString::to_string).collect(),
        recent_blockhash: message.recent_blockhash().to_string(),
        instructions: message
            .instructions()
            .iter()
            .map(|instruction| UiCompiledInstruction::from(instruction, Some(1)))
            .collect(),
        address_table_lookups: lookups
            .map(|lookups| lookups.iter().map(UiAddressTableLookup::from).collect()),
        transaction_config: None,
    })
}

/// Instructions with their accounts by address. A validator shows those of programs it does not know
/// like this; here it is done with all.
fn parsed(landed: &Landed) -> Answer {
    let message = &landed.transaction.message;
    let decoded = message
        .instructions()
        .iter()
        .map(|instruction| decoded_instruction(&landed.accounts, instruction, 1));
    Ok(json!({
        "accountKeys": keys(landed),
        "recentBlockhash": message.recent_blockhash().to_string(),
        "instructions": shown(&decoded.collect::<Vec<_>>())?,
    }))
}

/// All accounts, with what the message says of them.
fn keys(landed: &Landed) -> Vec<Value> {
    let message = &landed.transaction.message;
    let fixed = message.static_account_keys().len();
    let key = |(index, address): (usize, &Pubkey)| {
        json!({
            "pubkey": address.to_string(),
            "signer": message.is_signer(index),
            "writable": if index < fixed {
                message.is_maybe_writable_with_reserved_addresses(index, None::<&HashSet<Pubkey>>)
            } else {
                index < fixed + writable_lookups(message)
            },
            "source": if index < fixed { "transaction" } else { "lookupTable" },
        })
    };
    landed.accounts.iter().enumerate().map(key).collect()
}

fn decoded_instruction(
    accounts: &[Pubkey],
    instruction: &solana_message::compiled_instruction::CompiledInstruction,
    stack_height: u32,
) -> UiInstruction {
    let name =
        |index: u8| accounts.get(usize::from(index)).map(ToString::to_string).unwrap_or_default();
    UiInstruction::Parsed(UiParsedInstruction::PartiallyDecoded(UiPartiallyDecodedInstruction {
        program_id: name(instruction.program_id_index),
        accounts: instruction.accounts.iter().copied().map(name).collect(),
        data: bs58::encode(&instruction.data).into_string(),
        stack_height: Some(stack_height),
    }))
}

fn writable_lookups(message: &VersionedMessage) -> usize {
    let lookups = message.address_table_lookups().unwrap_or_default();
    lookups.iter().map(|lookup| lookup.writable_indexes.len()).sum()
}

fn meta(landed: &Landed) -> UiTransactionStatusMeta {
    let said = &landed.said;
    let message = &landed.transaction.message;
    let looked_up = landed.accounts.get(message.static_account_keys().len()..).unwrap_or_default();
    let (writable, readonly) = looked_up.split_at(writable_lookups(message).min(looked_up.len()));
    let returned = (!said.return_data.data.is_empty()).then(|| said.return_data.clone());
    let status = landed.error.clone().map_or(Ok(()), Err);
    UiTransactionStatusMeta::from(TransactionStatusMeta {
        status,
        fee: said.fee,
        pre_balances: landed.before.clone(),
        post_balances: landed.after.clone(),
        inner_instructions: Some(inner(&said.inner_instructions)),
        log_messages: Some(said.logs.clone()),
        pre_token_balances: Some(landed.tokens_before.clone()),
        post_token_balances: Some(landed.tokens_after.clone()),
        rewards: Some(Vec::new()),
        loaded_addresses: LoadedAddresses {
            writable: writable.to_vec(),
            readonly: readonly.to_vec(),
        },
        return_data: returned,
        compute_units_consumed: Some(said.compute_units_consumed),
        cost_units: None,
    })
}

/// What instructions called, those that called nothing left out.
pub fn inner(called: &InnerInstructionsList) -> Vec<InnerInstructions> {
    let lists = called.iter().enumerate().filter(|(_, list)| !list.is_empty());
    lists
        .map(|(index, list)| InnerInstructions {
            index: index as u8,
            instructions: list
                .iter()
                .map(|inner| InnerInstruction {
                    instruction: inner.instruction.clone(),
                    stack_height: Some(u32::from(inner.stack_height)),
                })
                .collect(),
        })
        .collect()
}

fn parsed_inner(landed: &Landed) -> Vec<UiInnerInstructions> {
    let lists = landed.said.inner_instructions.iter().enumerate();
    lists
        .filter(|(_, list)| !list.is_empty())
        .map(|(index, list)| UiInnerInstructions {
            index: index as u8,
            instructions: list
                .iter()
                .map(|inner| {
                    let height = u32::from(inner.stack_height);
                    decoded_instruction(&landed.accounts, &inner.instruction, height)
                })
                .collect(),
        })
        .collect()
}

/// What became of a simulation, as `simulateTransaction` shows it and as a failed preflight does.
pub fn simulated(
    error: Option<&solana_transaction_error::TransactionError>,
    said: &litesvm::types::TransactionMetadata,
) -> Result<Value, Refusal> {
    let returned = (!said.return_data.data.is_empty()).then(|| {
        json!({
            "programId": said.return_data.program_id.to_string(),
            "data": [BASE64_STANDARD.encode(&said.return_data.data), "base64"],
        })
    });
    Ok(json!({
        "err": shown(&error)?,
        "logs": said.logs,
        "accounts": null,
        "unitsConsumed": said.compute_units_consumed,
        "loadedAccountsDataSize": null,
        "returnData": returned,
        "innerInstructions": null,
        "replacementBlockhash": null,
        "fee": said.fee,
    }))
}
