//! What is asked of transactions, and sending them.

use std::borrow::BorrowMut;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use solana_account::Account;
use solana_commitment_config::{CommitmentConfig, CommitmentLevel};
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::{Message, VersionedMessage};
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcContextConfig, RpcEncodingConfigWrapper, RpcSendTransactionConfig,
    RpcSignaturesForAddressConfig, RpcSimulateTransactionConfig, RpcTransactionConfig,
};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::{
    TransactionConfirmationStatus, TransactionStatus, UiInnerInstructions, UiTransactionEncoding,
};

use super::{
    Answer, Refusal, accounts, address, address_at, confirmed_view, parameter, settings, shapes,
    shown, view, with_context,
};
use crate::node::{Landed, simulate as try_out};
use crate::{Cluster, Node};

/// Lamports that a signature costs.
const FEE: u64 = 5_000;
/// Signatures that one answer lists at most.
const MOST_SIGNATURES: usize = 1_000;
/// Signatures that are asked for at once.
const MOST_STATUSES: usize = 256;

/// Answers, if the method is one of these.
pub fn answer<C: BorrowMut<Cluster>>(
    node: &mut Node<C>,
    method: &str,
    params: &Value,
) -> Option<Answer> {
    Some(match method {
        "sendTransaction" => send(node, params),
        "simulateTransaction" => simulate(node, params),
        "requestAirdrop" => airdrop(node, params),
        "getFeeForMessage" => fee(node, params),
        "getSignatureStatuses" => statuses(node, params),
        "getSignaturesForAddress" => history(node, params),
        "getTransaction" => transaction(node, params),
        _ => return None,
    })
}

fn send<C: BorrowMut<Cluster>>(node: &mut Node<C>, params: &Value) -> Answer {
    let config: RpcSendTransactionConfig = settings(params, 1)?;
    let transaction = shapes::decoded(&parameter::<String>(params, 0)?, config.encoding)?;
    if !config.skip_preflight {
        let commitment =
            config.preflight_commitment.map(|commitment| CommitmentConfig { commitment });
        let view = view(node, commitment, config.min_context_slot)?;
        if let Err(failed) = try_out(view, transaction.clone(), true) {
            if failed.err == TransactionError::SignatureFailure {
                return Err(unverified());
            }
            return Err(Refusal {
                data: Some(shapes::simulated(Some(&failed.err), &failed.meta)?),
                ..Refusal::new(-32002, format!("Transaction simulation failed: {}", failed.err))
            });
        }
    }
    node.send(transaction).map(|signature| json!(signature.to_string())).map_err(Refusal::params)
}

fn unverified() -> Refusal {
    Refusal::new(-32003, "Transaction signature verification failure")
}

fn simulate<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let config: RpcSimulateTransactionConfig = settings(params, 1)?;
    let mut transaction = shapes::decoded(&parameter::<String>(params, 0)?, config.encoding)?;
    if config.sig_verify && config.replace_recent_blockhash {
        return Err(Refusal::params("sigVerify may not be used with replaceRecentBlockhash"));
    }
    let view = view(node, config.commitment, config.min_context_slot)?;
    let mut replacement = Value::Null;
    if config.replace_recent_blockhash {
        transaction.message.set_recent_blockhash(view.blockhash());
        let last = view.chain().height() + crate::chain::BLOCKHASH_LIFE;
        replacement =
            json!({"blockhash": view.blockhash().to_string(), "lastValidBlockHeight": last});
    }
    let tried = try_out(view, transaction, config.sig_verify);
    let (error, said, after) = match &tried {
        Ok(tried) => (None, &tried.meta, tried.post_accounts.as_slice()),
        Err(failed) if failed.err == TransactionError::SignatureFailure => return Err(unverified()),
        Err(failed) => (Some(&failed.err), &failed.meta, [].as_slice()),
    };
    let mut value = shapes::simulated(error, said)?;
    value["replacementBlockhash"] = replacement;
    if config.inner_instructions {
        let called = shapes::inner(&said.inner_instructions).into_iter();
        value["innerInstructions"] =
            shown(&called.map(UiInnerInstructions::from).collect::<Vec<_>>())?;
    }
    if let Some(wanted) = config.accounts {
        let encoding = wanted.encoding;
        let shows = RpcAccountInfoConfig { encoding, ..RpcAccountInfoConfig::default() };
        let account = |text: &String| {
            let address = address(text)?;
            match after.iter().find(|(changed, _)| *changed == address) {
                Some((_, account)) => {
                    accounts::encoded(view, &address, &Account::from(account.clone()), &shows)
                }
                None => accounts::at(view, &address, &shows),
            }
        };
        value["accounts"] = wanted.addresses.iter().map(account).collect::<Result<_, _>>()?;
    }
    Ok(with_context(view, value))
}

/// Gives lamports, and says so with a transaction that others can look up.
fn airdrop<C: BorrowMut<Cluster>>(node: &mut Node<C>, params: &Value) -> Answer {
    let (to, lamports) = (address_at(params, 0)?, parameter::<u64>(params, 1)?);
    let faucet = Keypair::new();
    let cluster = node.cluster.borrow_mut();
    cluster.fund(&faucet.pubkey(), lamports.saturating_add(FEE));
    let data = [2_u32.to_le_bytes().as_slice(), &lamports.to_le_bytes()].concat();
    let accounts = vec![AccountMeta::new(faucet.pubkey(), true), AccountMeta::new(to, false)];
    let transfer = Instruction { program_id: solana_sdk_ids::system_program::ID, accounts, data };
    let message =
        Message::new_with_blockhash(&[transfer], Some(&faucet.pubkey()), &cluster.blockhash());
    let message = VersionedMessage::Legacy(message);
    let signed = VersionedTransaction::try_new(message, &[&faucet])
        .map_err(|error| Refusal::new(-32603, error.to_string()))?;
    node.send(signed).map(|signature| json!(signature.to_string())).map_err(Refusal::params)
}

fn fee<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let bytes = BASE64_STANDARD.decode(parameter::<String>(params, 0)?).map_err(Refusal::params)?;
    let message: VersionedMessage = bincode::deserialize(&bytes).map_err(Refusal::params)?;
    let config: RpcContextConfig = settings(params, 1)?;
    let view = view(node, config.commitment, config.min_context_slot)?;
    let lives = view.chain().living(message.recent_blockhash()).is_some();
    // The machine says what it takes, priority fee and all, when the message is tried.
    let signatures = usize::from(message.header().num_required_signatures);
    let transaction =
        VersionedTransaction { signatures: vec![Default::default(); signatures], message };
    let fee = match try_out(view, transaction, false) {
        Ok(tried) => tried.meta.fee,
        Err(failed) if failed.meta.fee > 0 => failed.meta.fee,
        Err(_) => FEE * signatures as u64,
    };
    Ok(with_context(view, lives.then_some(fee)))
}

/// How far a transaction has come, as the endpoint sees it.
pub(super) fn confirmation<C: BorrowMut<Cluster>>(
    node: &Node<C>,
    landed: &Landed,
) -> TransactionConfirmationStatus {
    let reached = |level| landed.slot <= node.view(level).slot();
    if reached(CommitmentLevel::Finalized) {
        TransactionConfirmationStatus::Finalized
    } else if reached(CommitmentLevel::Confirmed) {
        TransactionConfirmationStatus::Confirmed
    } else {
        TransactionConfirmationStatus::Processed
    }
}

fn statuses<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let signatures: Vec<String> = parameter(params, 0)?;
    if signatures.len() > MOST_STATUSES {
        return Err(Refusal::params(format!("Too many inputs provided; max {MOST_STATUSES}")));
    }
    let newest = node.view(CommitmentLevel::Processed);
    let status = |signature: &String| {
        let landed = node.landed(signature)?;
        let reached = confirmation(node, landed);
        let finalized = reached == TransactionConfirmationStatus::Finalized;
        let later = newest.chain().hashes().take_while(|slot| *slot > landed.slot).count();
        let on_top = if newest.slot() > landed.slot { later + 1 } else { 0 };
        Some(TransactionStatus {
            slot: landed.slot,
            confirmations: (!finalized).then_some(on_top),
            status: landed.error.clone().map_or(Ok(()), Err),
            err: landed.error.clone(),
            confirmation_status: Some(reached),
        })
    };
    let found: Vec<_> = signatures.iter().map(status).collect();
    Ok(with_context(newest, shown(&found)?))
}

fn history<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let account = address_at(params, 0)?;
    let config: RpcSignaturesForAddressConfig = settings(params, 1)?;
    confirmed_view(node, config.commitment)?;
    let newest = view(node, config.commitment, config.min_context_slot)?.slot();
    let limit = config.limit.unwrap_or(MOST_SIGNATURES);
    if !(1..=MOST_SIGNATURES).contains(&limit) {
        let what = format!("Invalid limit; max {MOST_SIGNATURES}");
        return Err(Refusal::params(what));
    }
    let named = |signature: &Option<String>, other: &solana_signature::Signature| {
        signature.as_ref().is_some_and(|named| *named == other.to_string())
    };
    let mut begun = config.before.is_none();
    let mut found = Vec::new();
    for (signature, landed) in node.history().filter(|(_, landed)| landed.slot <= newest) {
        if named(&config.until, signature) || found.len() == limit {
            break;
        }
        if begun && landed.accounts.contains(&account) {
            found.push(json!({
                "signature": signature.to_string(),
                "slot": landed.slot,
                "err": shown(&landed.error)?,
                "memo": null,
                "blockTime": landed.clock_s,
                "confirmationStatus": shown(&confirmation(node, landed))?,
            }));
        }
        begun |= named(&config.before, signature);
    }
    Ok(json!(found))
}

fn transaction<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let signature: String = parameter(params, 0)?;
    let config: RpcEncodingConfigWrapper<RpcTransactionConfig> =
        parameter::<Option<_>>(params, 1)?.unwrap_or(RpcEncodingConfigWrapper::Current(None));
    let config = config.convert_to_current();
    let newest = confirmed_view(node, config.commitment)?.slot();
    let Some(landed) = node.landed(&signature).filter(|landed| landed.slot <= newest) else {
        return Ok(Value::Null);
    };
    let encoding = config.encoding.unwrap_or(UiTransactionEncoding::Json);
    shapes::confirmed(landed, encoding, config.max_supported_transaction_version)
}
