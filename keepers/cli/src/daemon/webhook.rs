//! Telling somebody of each change that appears: powers stay bounded as long as somebody notices.

use std::collections::BTreeSet;
use std::time::Duration;

use holdfast_keeper_core::keeper::PendingChange;
use holdfast_rpc::Address;
use serde_json::{Value, json};
use tracing::{info, warn};

use super::reports::Reports;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is not taken is told again after this.
const AGAIN: Duration = Duration::from_secs(30);

/// Tells of every change once it is there, until the keeper ends; what is not taken with a status of
/// success is told again. Changes that are there when the keeper starts are told of too.
pub async fn tell(webhook: Address, mut reports: Reports) {
    let client = reqwest::Client::new();
    let mut told = BTreeSet::new();
    loop {
        let changes = reports.borrow_and_update().1.changes.clone();
        let mut refused = false;
        for change in &changes {
            if told.contains(&change.number) {
                continue;
            }
            let sent = client.post(webhook.secret()).timeout(PATIENCE).json(&facts(change));
            match sent.send().await.and_then(reqwest::Response::error_for_status) {
                Ok(_) => {
                    info!(number = change.number, "told the webhook of a change");
                    told.insert(change.number);
                }
                Err(reason) => {
                    // An address may hold a key: it is not in the reason.
                    let reason = reason.without_url();
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
