//! JSON-RPC over a [`Node`]: the methods and shapes of Agave 4.2, and `slotstall_*` to move time.

mod accounts;
mod blocks;
mod chain;
mod control;
mod shapes;
mod subscribe;
mod transactions;
mod validators;

use std::borrow::BorrowMut;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use solana_commitment_config::CommitmentConfig;
use solana_pubkey::Pubkey;

use crate::{Cluster, Node};

pub use subscribe::Subscriptions;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// JSON-RPC's error code, as a validator uses it.
    pub code: i64,
    /// What is wrong.
    pub message: String,
    /// What clients read besides.
    pub data: Option<Value>,
}

impl Refusal {
    fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    fn params(what: impl std::fmt::Display) -> Self {
        Self::new(-32602, format!("Invalid params: {what}"))
    }
}

type Answer = Result<Value, Refusal>;

/// Answers one request or a batch. A notification, which has no `id`, gets an answer too, as from a
/// validator.
pub fn answer<C: BorrowMut<Cluster>>(node: &mut Node<C>, request: &Value) -> Value {
    match request {
        Value::Array(batch) if batch.is_empty() => refused(
            &Value::Null,
            &Refusal::new(-32600, "Invalid request: an empty batch asks nothing"),
        ),
        Value::Array(batch) => batch.iter().map(|request| one(node, request)).collect(),
        request => one(node, request),
    }
}

/// Answers text that may be no JSON.
pub fn answer_text<C: BorrowMut<Cluster>>(node: &mut Node<C>, request: &[u8]) -> Value {
    match serde_json::from_slice(request) {
        Ok(request) => answer(node, &request),
        Err(error) => refused(&Value::Null, &Refusal::new(-32700, format!("Parse error: {error}"))),
    }
}

fn one<C: BorrowMut<Cluster>>(node: &mut Node<C>, request: &Value) -> Value {
    let id = &request["id"];
    let Some(method) = request["method"].as_str() else {
        return refused(id, &Refusal::new(-32600, "Invalid request: no method is named"));
    };
    let params = &request["params"];
    let result = control::answer(node, method, params)
        .or_else(|| transactions::answer(node, method, params))
        .or_else(|| accounts::answer(node, method, params))
        .or_else(|| chain::answer(node, method, params))
        .or_else(|| blocks::answer(node, method, params))
        .or_else(|| validators::answer(node, method, params))
        .unwrap_or_else(|| Err(Refusal::new(-32601, "Method not found")));
    match result {
        Ok(result) => answered(id, &result),
        Err(refusal) => refused(id, &refusal),
    }
}

fn answered(id: &Value, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

fn refused(id: &Value, refusal: &Refusal) -> Value {
    let mut error = json!({"code": refusal.code, "message": refusal.message});
    if let Some(data) = &refusal.data {
        error["data"] = data.clone();
    }
    json!({"jsonrpc": "2.0", "id": id, "error": error})
}

/// A parameter; missing and `null` are the same.
fn parameter<T: DeserializeOwned>(params: &Value, index: usize) -> Result<T, Refusal> {
    serde_json::from_value(params[index].clone()).map_err(Refusal::params)
}

/// A parameter that is an object of settings.
fn settings<T: DeserializeOwned + Default>(params: &Value, index: usize) -> Result<T, Refusal> {
    parameter::<Option<T>>(params, index).map(Option::unwrap_or_default)
}

fn address(text: &str) -> Result<Pubkey, Refusal> {
    text.parse().map_err(|error| Refusal::params(format!("{text}: {error}")))
}

/// An address among the parameters.
fn address_at(params: &Value, index: usize) -> Result<Pubkey, Refusal> {
    address(&parameter::<String>(params, index)?)
}

/// The cluster at a commitment (finalized where none is given), if it has come to the least slot.
fn view<C: BorrowMut<Cluster>>(
    node: &Node<C>,
    commitment: Option<CommitmentConfig>,
    least_slot: Option<u64>,
) -> Result<&Cluster, Refusal> {
    let view = node.view(commitment.unwrap_or_default().commitment);
    match least_slot {
        Some(least) if view.slot() < least => Err(Refusal {
            data: Some(json!({"contextSlot": view.slot()})),
            ..Refusal::new(-32016, "Minimum context slot has not been reached")
        }),
        _ => Ok(view),
    }
}

/// The same for what is asked of history, which knows nothing that is not confirmed.
fn confirmed_view<C: BorrowMut<Cluster>>(
    node: &Node<C>,
    commitment: Option<CommitmentConfig>,
) -> Result<&Cluster, Refusal> {
    if commitment == Some(CommitmentConfig::processed()) {
        return Err(Refusal::params("Method does not support commitment below `confirmed`"));
    }
    view(node, commitment, None)
}

/// A value with the slot it is of.
fn with_context(view: &Cluster, value: impl Into<Value>) -> Value {
    let context = json!({"apiVersion": chain::VERSION, "slot": view.slot()});
    json!({"context": context, "value": value.into()})
}

/// Something of Solana's own as JSON.
fn shown(of: &impl serde::Serialize) -> Answer {
    serde_json::to_value(of).map_err(|error| Refusal::new(-32603, error.to_string()))
}

#[cfg(test)]
mod tests;
