//! What is asked of validators, stake and supply. The cluster has one validator, with all the stake, and
//! pays no rewards.

use std::borrow::BorrowMut;

use serde_json::{Value, json};
use solana_commitment_config::CommitmentLevel;
use solana_rpc_client_api::config::{
    RpcContextConfig, RpcEpochConfig, RpcGetVoteAccountsConfig, RpcLeaderScheduleConfig,
    RpcLeaderScheduleConfigWrapper, RpcSupplyConfig,
};

use super::{Answer, Refusal, chain, parameter, settings, view, with_context};
use crate::chain::EPOCH_SLOTS;
use crate::rpc::chain::{STAKE, identity};
use crate::{Cluster, Node};

/// Leaders that are asked for at once.
const MOST_LEADERS: u64 = 5_000;

/// Answers, if the method is one of these.
pub fn answer<C: BorrowMut<Cluster>>(
    node: &Node<C>,
    method: &str,
    params: &Value,
) -> Option<Answer> {
    Some(match method {
        "getVoteAccounts" => vote_accounts(node, params),
        "getClusterNodes" => Ok(json!([cluster_node()])),
        "getLeaderSchedule" => leader_schedule(node, params),
        "getSlotLeader" => Ok(json!(identity())),
        "getSlotLeaders" => slot_leaders(params),
        "getMaxRetransmitSlot" | "getMaxShredInsertSlot" => {
            Ok(json!(node.view(CommitmentLevel::Processed).slot()))
        }
        "getHighestSnapshotSlot" => Err(Refusal::new(-32008, "No snapshot")),
        "getSupply" => supply(node, params),
        "getStakeMinimumDelegation" => minimum_delegation(node, params),
        "getInflationGovernor" => Ok(json!({
            "initial": 0.0, "terminal": 0.0, "taper": 0.0, "foundation": 0.0, "foundationTerm": 0.0,
        })),
        "getInflationRate" => {
            let epoch = node.present().chain().epoch().number;
            Ok(json!({"total": 0.0, "validator": 0.0, "foundation": 0.0, "epoch": epoch}))
        }
        "getInflationReward" => rewards(node, params),
        _ => return None,
    })
}

/// The address that the validator votes with.
fn vote_account() -> String {
    chain::address_of(2)
}

fn vote_accounts<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let config: RpcGetVoteAccountsConfig = settings(params, 0)?;
    let view = view(node, config.commitment, None)?;
    let epoch = view.chain().epoch();
    let earned = view.slot() - epoch.first_slot;
    let account = json!({
        "votePubkey": vote_account(),
        "nodePubkey": identity(),
        "activatedStake": STAKE,
        "commission": 0,
        "inflationRewardsCommissionBps": 0,
        "epochVoteAccount": true,
        "epochCredits": [[epoch.number, earned, 0]],
        "lastVote": view.slot(),
        "rootSlot": node.view(CommitmentLevel::Finalized).slot(),
    });
    let asked = config.vote_pubkey.is_none_or(|named| named == vote_account());
    let current: Vec<_> = asked.then_some(account).into_iter().collect();
    Ok(json!({"current": current, "delinquent": []}))
}

/// It answers here and takes transactions here, so it names no other ports.
fn cluster_node() -> Value {
    json!({
        "pubkey": identity(),
        "gossip": null,
        "tvu": null,
        "tpu": null,
        "tpuQuic": null,
        "tpuForwards": null,
        "tpuForwardsQuic": null,
        "tpuVote": null,
        "serveRepair": null,
        "rpc": null,
        "pubsub": null,
        "version": chain::VERSION,
        "clientId": "Agave",
        "featureSet": chain::FEATURE_SET,
        "shredVersion": 1,
    })
}

fn leader_schedule<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let first: Option<RpcLeaderScheduleConfigWrapper> = parameter(params, 0)?;
    let (slot, config) = first.map(|first| first.unzip()).unwrap_or_default();
    let config: RpcLeaderScheduleConfig = config.map_or_else(|| settings(params, 1), Ok)?;
    let epoch = view(node, config.commitment, None)?.chain().epoch();
    // This epoch's and the next one's are known.
    let known = epoch.first_slot..epoch.first_slot + 2 * EPOCH_SLOTS;
    if slot.is_some_and(|slot| !known.contains(&slot)) {
        return Ok(Value::Null);
    }
    let mut schedule = json!({});
    if config.identity.is_none_or(|named| named == identity()) {
        schedule[identity()] = (0..EPOCH_SLOTS).collect();
    }
    Ok(schedule)
}

fn slot_leaders(params: &Value) -> Answer {
    parameter::<u64>(params, 0)?;
    let limit: u64 = parameter(params, 1)?;
    if limit > MOST_LEADERS {
        return Err(Refusal::params(format!("Invalid limit; max {MOST_LEADERS}")));
    }
    Ok((0..limit).map(|_| identity()).collect())
}

fn supply<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let config: RpcSupplyConfig = settings(params, 0)?;
    let view = view(node, config.commitment, None)?;
    let total = view.balances().fold(0_u64, |sum, (_, lamports)| sum.saturating_add(lamports));
    let value = json!({
        "total": total,
        "circulating": total,
        "nonCirculating": 0,
        "nonCirculatingAccounts": [],
    });
    Ok(with_context(view, value))
}

fn minimum_delegation<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let config: RpcContextConfig = settings(params, 0)?;
    Ok(with_context(view(node, config.commitment, config.min_context_slot)?, 1))
}

/// Nobody earned any.
fn rewards<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let addresses: Vec<String> = parameter(params, 0)?;
    for address in &addresses {
        super::address(address)?;
    }
    let config: RpcEpochConfig = settings(params, 1)?;
    view(node, config.commitment, config.min_context_slot)?;
    Ok(addresses.iter().map(|_| Value::Null).collect())
}
