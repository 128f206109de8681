//! What has become of an order, out of the events that transactions left in their logs.

use std::time::Duration;

use holdfast_client::Pubkey;
use holdfast_client::holdfast::events::{OrderExecuted, OrderPlaced, OrderRemoved};
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{decode, events};
use holdfast_risk::Millis;
use holdfast_rpc::{Endpoint, Patience};
use serde_json::json;
use solana_sdk_ids::sysvar::clock;
use solana_signature::Signature;
use tokio::time::Instant;

use super::TraderSession;
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
    let told = told(person, async |endpoint| {
        let logs = endpoint.logs(&signature.to_string()).await?;
        let placed = events::all::<OrderPlaced>(&logs).find(|placed| placed.account == account);
        Ok(placed.map(|placed| placed.number))
    });
    told.await?.ok_or_else(|| {
        format!(
            "{signature} landed, but no endpoint keeps a history that tells the order's number: see \
             `holdfast account show`"
        )
    })
}

/// What the first endpoint tells that can, of all that are asked again and again: history may be written
/// later than what it is of. `None` when those that answer never tell.
///
/// # Errors
/// What all of them said, when none answers.
async fn told<T>(
    person: &TraderSession<'_>,
    ask: impl AsyncFn(&Endpoint) -> Result<Option<T>, String>,
) -> Result<Option<T>, String> {
    for look in 0..MOST_LOOKS {
        if look > 0 {
            tokio::time::sleep(ROUND).await;
        }
        let (mut answers, mut silent) = (false, Vec::new());
        for endpoint in person.in_turn() {
            match ask(endpoint).await {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => answers = true,
                Err(reason) => silent.push(reason),
            }
        }
        if !answers {
            return Err(silent.join("; "));
        }
    }
    Ok(None)
}

/// Waits until an order has left its slot or has expired, and says why.
///
/// # Errors
/// A sentence when the endpoint does not answer any more, or does not show what has happened.
pub async fn outcome(
    person: &TraderSession<'_>,
    account: Pubkey,
    number: u64,
    (placed, landed): (Signature, u64),
) -> Result<CommandOutput, String> {
    let mut patience = Patience::new(Instant::now());
    loop {
        match person.any(async |endpoint| look(endpoint, account).await).await {
            // Before the order was there it is not gone.
            Ok(Look { slot, .. }) if slot < landed => {}
            Ok(Look { state, clock, slot }) => {
                patience.saw(slot, Instant::now());
                let waiting = state.orders.iter().find(|order| order.number == number);
                let Some(order) = waiting else {
                    return gone(person, account, number, placed).await;
                };
                if clock.0 > order.expires_ms {
                    return Ok(missed(number, "expired", "and no keeper executes it any more"));
                }
            }
            // It may answer again; the order does not mind.
            Err(_) if patience.lasts(Instant::now()) => {}
            Err(reason) => return Err(reason),
        }
        tokio::time::sleep(ROUND).await;
    }
}

/// A margin account and the cluster's clock, both of one slot: of two, an order that was executed
/// in between would seem to have expired.
struct Look {
    slot: u64,
    state: MarginAccount,
    clock: Millis,
}

async fn look(endpoint: &Endpoint, account: Pubkey) -> Result<Look, String> {
    let (slot, found) = endpoint.confirmed(&[account, clock::ID]).await?;
    let data = |index: usize| Some(found.get(index)?.as_ref()?.data.as_slice());
    let state = data(0).and_then(|data| decode::decode(data).ok());
    let state = state.ok_or_else(|| format!("{account} is no margin account any more"))?;
    let clock = data(1).and_then(holdfast_rpc::clock_of);
    let clock = clock.ok_or_else(|| format!("{} shows no clock", endpoint.address))?;
    Ok(Look { slot, state, clock })
}

/// Why an order is not in its slot any more.
async fn gone(
    person: &TraderSession<'_>,
    account: Pubkey,
    number: u64,
    placed: Signature,
) -> Result<CommandOutput, String> {
    let told = told(person, async |endpoint| {
        let logs = endpoint.logs_since(&account, placed).await?;
        Ok(logs.iter().find_map(|logs| ended(logs, account, number)))
    });
    told.await?.ok_or_else(|| {
        format!(
            "order {number} is gone, but no endpoint keeps a history that tells why: see \
             `holdfast account show`"
        )
    })
}

/// How an order ended, by a transaction's logs.
fn ended(logs: &[String], account: Pubkey, number: u64) -> Option<CommandOutput> {
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
    let happened = match outcome {
        "expired" => "expired",
        "lapsed" => "lapsed:",
        "removed" => "was removed:",
        _ => "was cancelled",
    };
    let reason = format!("order {number} was not executed: it {happened} {how}");
    CommandOutput::new(&reason, json!({"outcome": outcome})).failing(reason)
}
