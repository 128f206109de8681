//! Telling somebody of each change that appears: powers stay bounded as long as somebody notices.

use std::collections::BTreeSet;
use std::time::Duration;

use holdfast_keeper_core::keeper::PendingChange;
use holdfast_rpc::Address;
use reqwest::Client;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tracing::{info, warn};

use super::reports::Reports;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is not taken is told again after this.
pub(super) const AGAIN: Duration = Duration::from_secs(30);

/// A client that follows no redirect: that would show an address, which may hold a key, to whom nobody
/// named.
///
/// # Errors
/// Why this machine makes no connections.
pub(super) fn client() -> Result<Client, String> {
    Client::builder().redirect(Policy::none()).build().map_err(|reason| reason.to_string())
}

/// Posts a message, which is taken if the answer has a status of success.
///
/// # Errors
/// Why it was not taken, without the address, which may hold a key.
pub(super) async fn post(client: &Client, to: &Address, body: &Value) -> Result<(), String> {
    let sent = client.post(to.secret()).timeout(PATIENCE).json(body).send().await;
    let status = sent.map_err(|reason| reason.without_url().to_string())?.status();
    if status.is_success() { Ok(()) } else { Err(format!("HTTP status {status}")) }
}

/// Tells of every change once it is there, until the keeper ends; what is not taken with a status of
/// success is told again. Changes that are there when the keeper starts are told of too.
pub async fn tell(webhook: Address, mut reports: Reports) {
    let client = match client() {
        Ok(client) => client,
        Err(reason) => {
            warn!(%reason, "this machine makes no connections: the webhook is told nothing");
            return;
        }
    };
    let mut told = BTreeSet::new();
    loop {
        let changes = reports.borrow_and_update().1.changes.clone();
        let mut refused = false;
        for change in &changes {
            if told.contains(&change.number) {
                continue;
            }
            match post(&client, &webhook, &facts(change)).await {
                Ok(()) => {
                    info!(number = change.number, "told the webhook of a change");
                    told.insert(change.number);
                }
                Err(reason) => {
                    warn!(%reason, number = change.number, "the webhook did not take a change");
                    refused = true;
                }
            }
        }
        told.retain(|number| changes.iter().any(|change| change.number == *number));
        if refused {
            tokio::time::sleep(AGAIN).await;
        } else if reports.changed().await.is_err() {
            return;
        }
    }
}

/// What is told of a change.
fn facts(change: &PendingChange) -> Value {
    let hash: String = change.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "text": format!(
            "Holdfast: change {} is proposed and may be applied in {} s; `holdfast change show {}` \
             says what it does",
            change.number,
            change.ready_in.0.div_ceil(1_000),
            change.number
        ),
        "number": change.number,
        "hash": hash,
        "ready_in_seconds": change.ready_in.0.div_ceil(1_000),
    })
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
