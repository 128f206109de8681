//! What has become of an order, out of the events that transactions left in their logs.

use std::time::Duration;

use holdfast_client::Pubkey;
use holdfast_client::events;
use holdfast_client::holdfast::events::{OrderExecuted, OrderPlaced, OrderRemoved};
use holdfast_client::holdfast::state::MarginAccount;
use serde_json::json;
use solana_signature::Signature;
use tokio::time::Instant;

use super::TraderSession;
use super::submit::Patience;
use crate::output::CommandOutput;
use crate::render;

/// How often the account is looked at.
const ROUND: Duration = Duration::from_secs(1);
/// How often the history is asked for something that the account shows has happened: it may be
/// written later.
const MOST_LOOKS: usize = 20;

/// The number of the order that a landed transaction placed in an account.
///
/// # Errors
/// A sentence when the endpoint does not show the transaction's logs.
pub async fn placed(
    person: &TraderSession<'_>,
    account: Pubkey,
    signature: Signature,
) -> Result<u64, String> {
    for look in 0..MOST_LOOKS {
        if look > 0 {
            tokio::time::sleep(ROUND).await;
        }
        let logs = person.endpoint()?.logs(&signature.to_string()).await?;
        let placed = events::all::<OrderPlaced>(&logs).find(|placed| placed.account == account);
        if let Some(placed) = placed {
            return Ok(placed.number);
        }
    }
    Err(format!(
        "{signature} landed, but this endpoint keeps no history that tells the order's number: see \
         `holdfast account show`"
    ))
}

/// Waits until an order has left its slot or has expired, and says why.
///
/// # Errors
/// A sentence when the endpoint does not answer any more, or does not show what has happened.
pub async fn outcome(
    person: &TraderSession<'_>,
    account: Pubkey,
    number: u64,
    placed: Signature,
) -> Result<CommandOutput, String> {
    let endpoint = person.endpoint()?;
    let mut patience = Patience::new();
    loop {
        let looked = tokio::try_join!(
            render::read::<MarginAccount>(endpoint, "margin account", &account),
            endpoint.clock(),
            endpoint.epoch(),
        );
        let (state, clock, (_, height)) = match looked {
            Ok(looked) => looked,
            // It may answer again; the order does not mind.
            Err(_) if patience.lasts(None, Instant::now()) => {
                tokio::time::sleep(ROUND).await;
                continue;
            }
            Err(reason) => return Err(reason),
        };
        patience.lasts(Some(height), Instant::now());
        let Some(order) = state.orders.iter().find(|order| order.number == number) else {
            return gone(person, account, number, placed).await;
        };
        if clock.0 > order.expires_ms {
            return Ok(missed(number, "expired", "and no keeper executes it any more"));
        }
        tokio::time::sleep(ROUND).await;
    }
}

/// Why an order is not in its slot any more.
async fn gone(
    person: &TraderSession<'_>,
    account: Pubkey,
    number: u64,
    placed: Signature,
) -> Result<CommandOutput, String> {
    for look in 0..MOST_LOOKS {
        if look > 0 {
            tokio::time::sleep(ROUND).await;
        }
        let logs = person.endpoint()?.logs_since(&account, placed).await?;
        if let Some(said) = logs.iter().find_map(|logs| told(logs, account, number)) {
            return Ok(said);
        }
    }
    Err(format!(
        "order {number} is gone, but this endpoint keeps no history that tells why: see \
         `holdfast account show`"
    ))
}

/// What a transaction's logs tell of an order.
fn told(logs: &[String], account: Pubkey, number: u64) -> Option<CommandOutput> {
    let mut executed = events::all::<OrderExecuted>(logs);
    let mut removed = events::all::<OrderRemoved>(logs);
    if let Some(done) = executed.find(|it| it.account == account && it.number == number) {
        let text = format!(
            "order {number} executed: {} at {}, fee {}, position now {}",
            render::signed(done.delta),
            render::amount(done.price),
            render::amount(done.fee),
            render::signed(done.position),
        );
        let facts = json!({
            "outcome": "executed",
            "price": done.price,
            "index_price": done.index_price,
            "published_ms": done.published_ms,
            "traded": done.delta,
            "position": done.position,
            "realised": done.realised,
            "carry": done.carry,
            "fee": done.fee,
        });
        return Some(CommandOutput::new(text, facts));
    }
    let removed = removed.find(|it| it.account == account && it.number == number)?;
    Some(match removed.reason {
        1 => missed(number, "expired", "and was removed"),
        2 => missed(number, "lapsed", "its price passed before anybody executed it"),
        3 => missed(number, "removed", "the account's margin no longer carried it"),
        4 => missed(number, "removed", "what it would have opened was too small to be kept"),
        5 => missed(number, "removed", "its market was settled"),
        _ => missed(number, "cancelled", "before a keeper executed it"),
    })
}

fn missed(number: u64, outcome: &str, how: &str) -> CommandOutput {
    let reason = format!(
        "order {number} was not executed: it {} {how}",
        match outcome {
            "expired" => "expired",
            "lapsed" => "lapsed:",
            "removed" => "was removed:",
            _ => "was cancelled",
        }
    );
    let mut said = CommandOutput::new(&reason, json!({"outcome": outcome}));
    said.failed = Some(reason.into());
    said
}
