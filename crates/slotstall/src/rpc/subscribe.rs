//! What one WebSocket connection is told without asking again.

use std::borrow::BorrowMut;
use std::collections::BTreeMap;

use serde_json::{Value, json};
use solana_commitment_config::{CommitmentConfig, CommitmentLevel};
use solana_pubkey::Pubkey;
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcSignatureSubscribeConfig,
    RpcTransactionLogsConfig, RpcTransactionLogsFilter,
};

use super::{
    Refusal, accounts, address, address_at, answered, parameter, refused, settings, shown,
    with_context,
};
use crate::node::Landed;
use crate::{Cluster, Node};

/// The subscriptions of one connection.
#[derive(Default)]
pub struct Subscriptions {
    last_id: u64,
    topics: BTreeMap<u64, Topic>,
}

/// What is listened to, with what was said of it last.
enum Topic {
    Account { address: Pubkey, config: RpcAccountInfoConfig, said: Value },
    Program { program: Pubkey, config: RpcProgramAccountsConfig, said: BTreeMap<Pubkey, Value> },
    Logs { mentions: Option<Pubkey>, level: CommitmentLevel, said: u64 },
    Signature { signature: String, level: CommitmentLevel, received: bool },
    Slot { said: u64 },
    SlotUpdates { said: u64 },
    Root { said: u64 },
}

impl Subscriptions {
    /// Answers a request that subscribes or unsubscribes; `None` for all others.
    pub fn answer<C: BorrowMut<Cluster>>(
        &mut self,
        node: &Node<C>,
        request: &Value,
    ) -> Option<Value> {
        let (method, params) = (request["method"].as_str()?, &request["params"]);
        let result = if let Some(kind) = method.strip_suffix("Unsubscribe") {
            Topic::is_kind(kind).then(|| self.unsubscribe(params))?
        } else {
            let kind = method.strip_suffix("Subscribe")?;
            Topic::is_kind(kind).then(|| self.subscribe(node, kind, params))?
        };
        Some(match result {
            Ok(result) => answered(&request["id"], &result),
            Err(refusal) => refused(&request["id"], &refusal),
        })
    }

    fn unsubscribe(&mut self, params: &Value) -> Result<Value, Refusal> {
        let id = parameter(params, 0)?;
        let found = self.topics.remove(&id);
        found.map(|_| json!(true)).ok_or_else(|| Refusal::params("Invalid subscription id."))
    }

    fn subscribe<C: BorrowMut<Cluster>>(
        &mut self,
        node: &Node<C>,
        kind: &str,
        params: &Value,
    ) -> Result<Value, Refusal> {
        let topic = Topic::new(node, kind, params)?;
        self.last_id += 1;
        self.topics.insert(self.last_id, topic);
        Ok(json!(self.last_id))
    }

    /// What there is to say since the last call.
    pub fn news<C: BorrowMut<Cluster>>(&mut self, node: &Node<C>) -> Vec<Value> {
        let mut news = Vec::new();
        self.topics.retain(|id, topic| {
            let (method, results) = topic.news(node);
            let over = topic.is_over(&results);
            news.extend(results.into_iter().map(|result| {
                let params = json!({"result": result, "subscription": id});
                json!({"jsonrpc": "2.0", "method": method, "params": params})
            }));
            !over
        });
        news
    }
}

fn level(config: Option<CommitmentConfig>) -> CommitmentLevel {
    config.unwrap_or_default().commitment
}

impl Topic {
    fn is_kind(kind: &str) -> bool {
        ["account", "program", "logs", "signature", "slot", "slotsUpdates", "root"].contains(&kind)
    }

    fn new<C: BorrowMut<Cluster>>(
        node: &Node<C>,
        kind: &str,
        params: &Value,
    ) -> Result<Self, Refusal> {
        let mut topic = match kind {
            "account" => Self::Account {
                address: address_at(params, 0)?,
                config: settings(params, 1)?,
                said: Value::Null,
            },
            "program" => Self::Program {
                program: address_at(params, 0)?,
                config: settings(params, 1)?,
                said: BTreeMap::new(),
            },
            "logs" => {
                let mentions = match parameter(params, 0)? {
                    RpcTransactionLogsFilter::All | RpcTransactionLogsFilter::AllWithVotes => None,
                    RpcTransactionLogsFilter::Mentions(list) => match list.as_slice() {
                        [one] => Some(address(one)?),
                        _ => {
                            return Err(Refusal::params(
                                "Invalid Request: Only 1 address supported",
                            ));
                        }
                    },
                };
                let config: RpcTransactionLogsConfig = parameter::<Option<_>>(params, 1)?
                    .unwrap_or(RpcTransactionLogsConfig { commitment: None });
                Self::Logs { mentions, level: level(config.commitment), said: 0 }
            }
            "signature" => {
                let config: RpcSignatureSubscribeConfig = settings(params, 1)?;
                Self::Signature {
                    signature: parameter(params, 0)?,
                    level: level(config.commitment),
                    received: config.enable_received_notification == Some(true),
                }
            }
            "slot" => Self::Slot { said: 0 },
            "slotsUpdates" => Self::SlotUpdates { said: 0 },
            _ => Self::Root { said: 0 },
        };
        // Only changes from now on are news, except of a signature, which may have landed already.
        if !matches!(topic, Self::Signature { .. }) {
            topic.news(node);
        }
        Ok(topic)
    }

    /// Whether there is nothing more to come: a signature is told of once.
    fn is_over(&self, results: &[Value]) -> bool {
        let last = results.last();
        matches!(self, Self::Signature { .. })
            && last.is_some_and(|result| result["value"].is_object())
    }

    /// The method of the notifications, and what they say.
    fn news<C: BorrowMut<Cluster>>(&mut self, node: &Node<C>) -> (&'static str, Vec<Value>) {
        match self {
            Self::Account { address, config, said } => {
                let view = node.view(level(config.commitment));
                let shown = accounts::at(view, address, config).unwrap_or_default();
                let changed = shown != *said;
                *said = shown.clone();
                let news = changed.then(|| with_context(view, shown));
                ("accountNotification", news.into_iter().collect())
            }
            Self::Program { program, config, said } => {
                ("programNotification", program_news(node, program, config, said))
            }
            Self::Logs { mentions, level, said } => {
                ("logsNotification", logs_news(node, mentions.as_ref(), *level, said))
            }
            Self::Signature { signature, level, received } => {
                ("signatureNotification", signature_news(node, signature, *level, received))
            }
            Self::Slot { said } => ("slotNotification", slot_news(node, said)),
            Self::SlotUpdates { said } => ("slotsUpdatesNotification", update_news(node, said)),
            Self::Root { said } => {
                let root = node.view(CommitmentLevel::Finalized).slot();
                let changed = *said != root;
                *said = root;
                ("rootNotification", changed.then(|| json!(root)).into_iter().collect())
            }
        }
    }
}

fn program_news<C: BorrowMut<Cluster>>(
    node: &Node<C>,
    program: &Pubkey,
    config: &RpcProgramAccountsConfig,
    said: &mut BTreeMap<Pubkey, Value>,
) -> Vec<Value> {
    let view = node.view(level(config.account_config.commitment));
    let filters = config.filters.as_deref().unwrap_or_default();
    let mut news = Vec::new();
    for (address, account) in view.program_accounts(program) {
        if !accounts::passes(&account, filters) {
            continue;
        }
        let shown = accounts::encoded(view, &address, &account, &config.account_config);
        let shown = shown.unwrap_or_default();
        if said.get(&address) != Some(&shown) {
            let keyed = json!({"pubkey": address.to_string(), "account": shown});
            news.push(with_context(view, keyed));
            said.insert(address, shown);
        }
    }
    news
}

fn logs_news<C: BorrowMut<Cluster>>(
    node: &Node<C>,
    mentions: Option<&Pubkey>,
    level: CommitmentLevel,
    said: &mut u64,
) -> Vec<Value> {
    let view = node.view(level);
    let fresh = node.history().take_while(|(_, landed)| landed.number > *said);
    let mut fresh: Vec<_> = fresh.filter(|(_, landed)| landed.slot <= view.slot()).collect();
    fresh.reverse();
    *said = fresh.last().map_or(*said, |(_, landed)| landed.number);
    fresh.retain(|(_, landed)| mentions.is_none_or(|named| landed.accounts.contains(named)));
    let news = fresh.into_iter().map(|(signature, landed)| {
        let value = json!({
            "signature": signature.to_string(),
            "err": error(landed),
            "logs": landed.said.logs,
        });
        json!({"context": {"slot": landed.slot}, "value": value})
    });
    news.collect()
}

fn signature_news<C: BorrowMut<Cluster>>(
    node: &Node<C>,
    signature: &str,
    level: CommitmentLevel,
    received: &mut bool,
) -> Vec<Value> {
    let Some(landed) = node.landed(signature) else { return Vec::new() };
    let view = node.view(level);
    let mut news = Vec::new();
    if std::mem::take(received) {
        news.push(with_context(view, "receivedSignature"));
    }
    if landed.slot <= view.slot() {
        news.push(with_context(view, json!({"err": error(landed)})));
    }
    news
}

fn error(landed: &Landed) -> Value {
    shown(&landed.error).unwrap_or_default()
}

fn slot_news<C: BorrowMut<Cluster>>(node: &Node<C>, said: &mut u64) -> Vec<Value> {
    let root = node.view(CommitmentLevel::Finalized).slot();
    let news = new_blocks(node, said).into_iter();
    news.map(|(parent, slot)| json!({"parent": parent, "root": root, "slot": slot})).collect()
}

/// What a validator tells of a block while it comes in.
fn update_news<C: BorrowMut<Cluster>>(node: &Node<C>, said: &mut u64) -> Vec<Value> {
    let timestamp = node.present().now_ms();
    let updates = |(parent, slot): (u64, u64)| {
        [
            json!({"type": "firstShredReceived", "slot": slot, "timestamp": timestamp}),
            json!({"type": "createdBank", "slot": slot, "parent": parent, "timestamp": timestamp}),
            json!({"type": "completed", "slot": slot, "timestamp": timestamp}),
        ]
    };
    new_blocks(node, said).into_iter().flat_map(updates).collect()
}

/// Every block since the last one that was told of, after its parent; after a fork, the one it goes on
/// from.
fn new_blocks<C: BorrowMut<Cluster>>(node: &Node<C>, said: &mut u64) -> Vec<(u64, u64)> {
    let chain = node.view(CommitmentLevel::Processed).chain();
    let mut slots: Vec<_> = std::iter::once(chain.slot()).chain(chain.hashes()).collect();
    let new = slots.iter().position(|slot| *slot <= *said).unwrap_or(slots.len());
    let first_look = *said == 0;
    *said = chain.slot();
    slots.truncate(if first_look { 2 } else { new + 1 });
    slots.reverse();
    slots.windows(2).map(|pair| (pair[0], pair[1])).collect()
}
