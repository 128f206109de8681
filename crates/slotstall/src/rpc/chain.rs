//! What is asked of the chain: slots, blockhashes, epochs, fees, and the node itself.

use std::borrow::BorrowMut;

use serde_json::{Value, json};
use solana_message::Hash;
use solana_rpc_client_api::config::RpcContextConfig;

use super::{Answer, Refusal, parameter, settings, view, with_context};
use crate::chain::{BLOCKHASH_LIFE, EPOCH_SLOTS};
use crate::{Cluster, Node};

/// The validator whose behaviour this is.
pub const VERSION: &str = "4.2.2";
/// First bytes of a feature set: as a cluster of one's own, it has no name.
pub const FEATURE_SET: u32 = 0;
/// Lamports staked with the validator, as a test validator has them.
pub const STAKE: u64 = 1_000_000_000_000;
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
    Some(match method {
        "getVersion" => Ok(json!({"solana-core": VERSION, "feature-set": FEATURE_SET})),
        "getHealth" => health(node),
        "getGenesisHash" => Ok(json!(node.genesis.to_string())),
        "getIdentity" => Ok(json!({"identity": identity()})),
        "isBlockhashValid" => is_blockhash_valid(node, params),
        "getEpochSchedule" => Ok(json!({
            "slotsPerEpoch": EPOCH_SLOTS,
            "leaderScheduleSlotOffset": EPOCH_SLOTS,
            "warmup": false,
            "firstNormalEpoch": 0,
            "firstNormalSlot": 0,
        })),
        "getRecentPrioritizationFees" => Ok(priority_fees(node.present())),
        _ => return None,
    })
}

/// The validator's address.
pub fn identity() -> String {
    address_of(1)
}

/// An address that nobody has the key of.
pub fn address_of(number: u8) -> String {
    Hash::new_from_array([number; 32]).to_string()
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

/// Nobody bids here: the least fee of the last blocks is nothing.
fn priority_fees(cluster: &Cluster) -> Value {
    let mut fees: Vec<_> = cluster
        .chain()
        .blocks()
        .take(BLOCKHASH_LIFE as usize)
        .map(|known| json!({"slot": known.block.slot, "prioritizationFee": 0}))
        .collect();
    fees.reverse();
    json!(fees)
}
