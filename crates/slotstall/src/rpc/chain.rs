//! What is asked of the chain: slots, blockhashes, epochs, and the node itself.

use std::borrow::BorrowMut;

use serde_json::{Value, json};
use solana_message::Hash;
use solana_rpc_client_api::config::RpcContextConfig;

use super::{Answer, Refusal, parameter, settings, view, with_context};
use crate::chain::{BLOCKHASH_LIFE, Block, EPOCH_SLOTS};
use crate::{Cluster, Node};

/// The validator whose behaviour this is.
pub const VERSION: &str = "4.2.2";
/// Slots behind the cluster at which a node calls itself unwell.
const UNHEALTHY: u64 = 128;

/// Answers, if the method is one of these.
pub fn answer<C: BorrowMut<Cluster>>(
    node: &Node<C>,
    method: &str,
    params: &Value,
) -> Option<Answer> {
    let by_context: fn(&Cluster) -> Value = match method {
        "getSlot" => |view| json!(view.slot()),
        "getBlockHeight" => |view| json!(view.chain().height()),
        "getTransactionCount" => |view| json!(view.chain().height()),
        "getEpochInfo" => epoch,
        "getLatestBlockhash" => latest_blockhash,
        _ => return other(node, method, params),
    };
    Some(
        settings::<RpcContextConfig>(params, 0).and_then(|config| {
            view(node, config.commitment, config.min_context_slot).map(by_context)
        }),
    )
}

fn other<C: BorrowMut<Cluster>>(node: &Node<C>, method: &str, params: &Value) -> Option<Answer> {
    let present = node.present();
    Some(match method {
        "getVersion" => Ok(json!({"solana-core": VERSION, "feature-set": 0})),
        "getHealth" => health(node),
        "getGenesisHash" => Ok(json!(node.genesis.to_string())),
        "getIdentity" => Ok(json!({"identity": identity().to_string()})),
        "getFirstAvailableBlock" | "minimumLedgerSlot" => Ok(json!(oldest(present).slot)),
        "getBlockTime" => block_time(present, params),
        "getBlocks" => blocks(present, params),
        "isBlockhashValid" => is_blockhash_valid(node, params),
        "getEpochSchedule" => Ok(json!({
            "slotsPerEpoch": EPOCH_SLOTS,
            "leaderScheduleSlotOffset": EPOCH_SLOTS,
            "warmup": false,
            "firstNormalEpoch": 0,
            "firstNormalSlot": 0,
        })),
        "getRecentPerformanceSamples" => Ok(json!([])),
        "getClusterNodes" => Ok(json!([])),
        "getRecentPrioritizationFees" => Ok(priority_fees(present)),
        "getSlotLeader" => Ok(json!(identity().to_string())),
        _ => return None,
    })
}

fn identity() -> Hash {
    Hash::new_from_array([1; 32])
}

fn health<C: BorrowMut<Cluster>>(node: &Node<C>) -> Answer {
    match node.slots_behind() {
        behind if behind > UNHEALTHY => Err(Refusal {
            data: Some(json!({"numSlotsBehind": behind})),
            ..Refusal::new(-32005, format!("Node is behind by {behind} slots"))
        }),
        _ => Ok(json!("ok")),
    }
}

fn epoch(view: &Cluster) -> Value {
    let (chain, epoch) = (view.chain(), view.chain().epoch());
    json!({
        "absoluteSlot": chain.slot(),
        "blockHeight": chain.height(),
        "epoch": epoch.number,
        "slotIndex": chain.slot() - epoch.first_slot,
        "slotsInEpoch": EPOCH_SLOTS,
        "transactionCount": chain.height(),
    })
}

fn latest_blockhash(view: &Cluster) -> Value {
    let last = view.chain().height() + BLOCKHASH_LIFE;
    let hash = view.blockhash().to_string();
    with_context(view, json!({"blockhash": hash, "lastValidBlockHeight": last}))
}

fn is_blockhash_valid<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let hash: String = parameter(params, 0)?;
    let hash: Hash = hash.parse().map_err(Refusal::params)?;
    let config: RpcContextConfig = settings(params, 1)?;
    let view = view(node, config.commitment, config.min_context_slot)?;
    Ok(with_context(view, view.chain().living(&hash).is_some()))
}

/// Present and earlier blocks, newest first.
fn known(cluster: &Cluster) -> impl Iterator<Item = Block> {
    std::iter::once(cluster.chain().tip()).chain(cluster.chain().parents())
}

fn oldest(cluster: &Cluster) -> Block {
    known(cluster).last().unwrap_or_else(|| cluster.chain().tip())
}

/// When a block was made. A validator shows the time its clock was voted; this is the true one.
fn block_time(cluster: &Cluster, params: &Value) -> Answer {
    let slot: u64 = parameter(params, 0)?;
    let found = known(cluster).find(|block| block.slot == slot);
    let skipped = || {
        let message =
            format!("Slot {slot} was skipped, or missing due to ledger jump to recent snapshot");
        Refusal::new(-32007, message)
    };
    found.map(|block| json!(block.made_ms / 1_000)).ok_or_else(skipped)
}

fn blocks(cluster: &Cluster, params: &Value) -> Answer {
    let from: u64 = parameter(params, 0)?;
    let to = params[1].as_u64().unwrap_or(u64::MAX);
    let mut slots: Vec<_> = known(cluster).map(|block| block.slot).collect();
    slots.retain(|slot| (from..=to).contains(slot));
    slots.reverse();
    Ok(json!(slots))
}

/// Nobody bids here: the least fee of the last blocks is nothing.
fn priority_fees(cluster: &Cluster) -> Value {
    let mut fees: Vec<_> = known(cluster)
        .take(BLOCKHASH_LIFE as usize)
        .map(|block| json!({"slot": block.slot, "prioritizationFee": 0}))
        .collect();
    fees.reverse();
    json!(fees)
}
