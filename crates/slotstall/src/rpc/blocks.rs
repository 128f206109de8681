//! What is asked of blocks: their contents, times and numbers, as far back as the chain remembers them.

use std::borrow::BorrowMut;
use std::ops::RangeInclusive;

use serde_json::{Value, json};
use solana_commitment_config::CommitmentLevel;
use solana_rpc_client_api::config::{
    RpcBlockConfig, RpcBlockProductionConfig, RpcBlocksConfigWrapper, RpcContextConfig,
    RpcEncodingConfigWrapper,
};
use solana_transaction_status_client_types::{TransactionDetails, UiTransactionEncoding};

use super::{Answer, Refusal, confirmed_view, parameter, settings, shapes, view, with_context};
use crate::chain::Remembered;
use crate::node::Landed;
use crate::rpc::chain::{STAKE, identity};
use crate::{Cluster, Node};

/// The widest range of slots that may be asked for.
const MOST_SLOTS: u64 = 500_000;
/// Votes on top of a block that are told apart.
const MOST_CONFIRMATIONS: usize = 32;
/// What a sample of the chain's performance covers, seconds.
const SAMPLE_S: u64 = 60;
/// Samples that one answer has at most.
const MOST_SAMPLES: usize = 720;

/// Answers, if the method is one of these.
pub fn answer<C: BorrowMut<Cluster>>(
    node: &Node<C>,
    method: &str,
    params: &Value,
) -> Option<Answer> {
    Some(match method {
        "getBlock" => block(node, params),
        "getBlocks" => range(node, params),
        "getBlocksWithLimit" => limited(node, params),
        "getBlockTime" => time(node.present(), params),
        "getBlockCommitment" => commitment(node, params),
        "getBlockProduction" => production(node, params),
        "getFirstAvailableBlock" | "minimumLedgerSlot" => Ok(json!(first(node.present()))),
        "getRecentPerformanceSamples" => performance(node, params),
        _ => return None,
    })
}

/// Blocks whose parent is remembered as well, newest first, each with its parent.
fn known(view: &Cluster) -> impl Iterator<Item = (Remembered, Remembered)> {
    view.chain().blocks().zip(view.chain().blocks().skip(1))
}

/// The slot of the oldest block that can be asked for.
fn first(view: &Cluster) -> u64 {
    known(view).last().map_or(view.slot(), |(oldest, _)| oldest.block.slot)
}

/// A block and its parent.
fn found(view: &Cluster, slot: u64) -> Result<(Remembered, Remembered), Refusal> {
    if slot > view.slot() {
        return Err(Refusal::new(-32004, format!("Block not available for slot {slot}")));
    }
    let first = first(view);
    if slot < first {
        let message = format!(
            "Block {slot} cleaned up, does not exist on node. First available block: {first}"
        );
        return Err(Refusal::new(-32001, message));
    }
    known(view).find(|(known, _)| known.block.slot == slot).ok_or_else(|| {
        let message =
            format!("Slot {slot} was skipped, or missing due to ledger jump to recent snapshot");
        Refusal::new(-32007, message)
    })
}

fn block<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let slot = parameter(params, 0)?;
    let config: RpcEncodingConfigWrapper<RpcBlockConfig> =
        parameter::<Option<_>>(params, 1)?.unwrap_or(RpcEncodingConfigWrapper::Current(None));
    let config = config.convert_to_current();
    let (found, parent) = found(confirmed_view(node, config.commitment)?, slot)?;
    let mut value = json!({
        "blockhash": found.block.hash().to_string(),
        "previousBlockhash": parent.block.hash().to_string(),
        "parentSlot": parent.block.slot,
        "blockHeight": found.height,
        "blockTime": found.clock_s,
    });
    if config.rewards != Some(false) {
        value["rewards"] = json!([]);
    }
    let in_block = node.history().rev().filter(|(_, landed)| landed.slot == slot);
    let encoding = config.encoding.unwrap_or(UiTransactionEncoding::Json);
    let most = config.max_supported_transaction_version;
    let details: fn(&Landed, UiTransactionEncoding, Option<u8>) -> Answer =
        match config.transaction_details.unwrap_or_default() {
            TransactionDetails::None => return Ok(value),
            TransactionDetails::Signatures => {
                let signatures: Vec<_> = in_block.map(|(named, _)| named.to_string()).collect();
                value["signatures"] = json!(signatures);
                return Ok(value);
            }
            TransactionDetails::Full => shapes::with_meta,
            TransactionDetails::Accounts => |landed, _, most| shapes::with_accounts(landed, most),
        };
    let shown = in_block.map(|(_, landed)| details(landed, encoding, most));
    value["transactions"] = shown.collect::<Result<_, _>>()?;
    Ok(value)
}

fn range<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let from: u64 = parameter(params, 0)?;
    let second: Option<RpcBlocksConfigWrapper> = parameter(params, 1)?;
    let (to, config) = second.map(|second| second.unzip()).unwrap_or_default();
    let config = config.map_or_else(|| settings(params, 2), Ok)?;
    let view = confirmed_view(node, config.commitment)?;
    let to = to.unwrap_or_else(|| view.slot().max(from));
    if to.saturating_sub(from) > MOST_SLOTS {
        return Err(Refusal::params(format!("Slot range too large; max {MOST_SLOTS}")));
    }
    Ok(json!(slots(view, from..=to)))
}

fn limited<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let (from, limit): (u64, u64) = (parameter(params, 0)?, parameter(params, 1)?);
    let config: RpcContextConfig = settings(params, 2)?;
    let view = confirmed_view(node, config.commitment)?;
    if limit > MOST_SLOTS {
        return Err(Refusal::params(format!("Limit too large; max {MOST_SLOTS}")));
    }
    let mut slots = slots(view, from..=u64::MAX);
    slots.truncate(limit as usize);
    Ok(json!(slots))
}

/// Slots with blocks, the oldest first.
fn slots(view: &Cluster, wanted: RangeInclusive<u64>) -> Vec<u64> {
    let slots = known(view).map(|(known, _)| known.block.slot);
    let mut slots: Vec<_> = slots.filter(|slot| wanted.contains(slot)).collect();
    slots.reverse();
    slots
}

/// What the clock showed in a block.
fn time(present: &Cluster, params: &Value) -> Answer {
    found(present, parameter(params, 0)?).map(|(found, _)| json!(found.clock_s))
}

/// All stake is one validator's, which has voted for a block as often as others follow it.
fn commitment<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let slot: u64 = parameter(params, 0)?;
    let present = node.present();
    let votes =
        known(present).take(MOST_CONFIRMATIONS).position(|(known, _)| known.block.slot == slot);
    let stakes = votes.map(|votes| {
        let stake = |at| if at == votes { STAKE } else { 0 };
        (0..MOST_CONFIRMATIONS).map(stake).collect::<Vec<u64>>()
    });
    Ok(json!({"commitment": stakes, "totalStake": STAKE}))
}

/// How many slots of a range brought a block; the range ends where nothing is remembered.
fn production<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let config: RpcBlockProductionConfig = settings(params, 0)?;
    let view = view(node, config.commitment, None)?;
    let wanted = config.range.unwrap_or_default();
    let from = wanted.first_slot.max(first(view));
    let to = wanted.last_slot.unwrap_or(view.slot()).min(view.slot());
    if to < from {
        return Err(Refusal::params(format!(
            "lastSlot, {to}, cannot be less than firstSlot, {from}"
        )));
    }
    let produced = slots(view, from..=to).len();
    let mut by_identity = json!({});
    if config.identity.is_none_or(|named| named == identity()) {
        by_identity[identity()] = json!([to - from + 1, produced]);
    }
    let range = json!({"firstSlot": from, "lastSlot": to});
    Ok(with_context(view, json!({"byIdentity": by_identity, "range": range})))
}

/// What happened in every full minute that is remembered, the newest first.
fn performance<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let limit = parameter::<Option<usize>>(params, 0)?.unwrap_or(MOST_SAMPLES);
    if limit > MOST_SAMPLES {
        return Err(Refusal::params(format!("Invalid limit; max {MOST_SAMPLES}")));
    }
    let view = node.view(CommitmentLevel::Processed);
    let mut samples = Vec::new();
    let mut newest = view.chain().tip();
    for older in view.chain().parents() {
        if samples.len() == limit {
            break;
        }
        if newest.made_ms - older.made_ms < SAMPLE_S * 1_000 {
            continue;
        }
        let within = older.slot + 1..=newest.slot;
        let landed = node.history().filter(|(_, landed)| within.contains(&landed.slot)).count();
        let slots = newest.slot - older.slot;
        samples.push(json!({
            "slot": newest.slot,
            "numSlots": slots,
            // A vote for every block, as `getTransactionCount` counts them.
            "numTransactions": landed as u64 + slots,
            "numNonVoteTransactions": landed,
            "samplePeriodSecs": SAMPLE_S,
        }));
        newest = older;
    }
    Ok(json!(samples))
}
