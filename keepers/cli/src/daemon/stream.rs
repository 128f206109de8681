//! Following one WebSocket: slots, the program's accounts, and feed accounts.

use std::time::Duration;

use futures_util::stream::{BoxStream, SelectAll};
use futures_util::{StreamExt, future::join_all, stream::select_all};
use holdfast_client::{Pubkey, holdfast};
use holdfast_keeper_core::keeper::{Event, Shown};
use solana_account_decoder_client_types::{UiAccount, UiAccountEncoding};
use solana_commitment_config::CommitmentConfig;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use holdfast_rpc::{Address, bytes_of};

/// A stream that takes longer to open is given up.
const OPENS_WITHIN: Duration = Duration::from_secs(10);
/// Events that may come before it is noticed that a stream that is only tried is open.
const TRIED: usize = 1_024;

/// Hands on what a stream tells until it ends, or until the keeper does not keep up: what it then
/// misses it gets from a snapshot.
pub async fn follow(
    stream: usize,
    address: Address,
    feeds: Vec<Pubkey>,
    events: mpsc::Sender<Event>,
) {
    if let Err(reason) = told(stream, &address, feeds, &events).await {
        debug!(%address, %reason, "the stream ended");
    }
    let _ = events.send(Event::Closed { stream }).await;
}

/// Whether a stream opens, with everything that a keeper subscribes to.
///
/// # Errors
/// Why it does not.
pub async fn opens(address: &Address, feeds: Vec<Pubkey>) -> Result<(), String> {
    let (events, mut heard) = mpsc::channel(TRIED);
    tokio::select! {
        ended = told(0, address, feeds, &events) => ended,
        // The first event is that it is open.
        _ = heard.recv() => Ok(()),
    }
}

async fn told(
    stream: usize,
    address: &Address,
    feeds: Vec<Pubkey>,
    events: &mpsc::Sender<Event>,
) -> Result<(), String> {
    let deadline = Instant::now() + OPENS_WITHIN;
    let feeds_until = deadline - OPENS_WITHIN / 4;
    let late = |_| "it was not open in time".to_owned();
    let connecting = PubsubClient::new(address.secret());
    let client = timeout_at(deadline, connecting).await.map_err(late)?;
    let client = client.map_err(|_| "connecting failed".to_owned())?;
    let subscribing = subscribe(stream, &client, feeds, feeds_until);
    let mut told = timeout_at(deadline, subscribing).await.map_err(late)??;
    events.send(Event::Opened { stream }).await.map_err(|_| "the keeper is gone".to_owned())?;
    while let Some(event) = told.next().await {
        events.try_send(event).map_err(|_| "the keeper does not keep up".to_owned())?;
    }
    Err("it was closed".to_owned())
}

/// Subscribes to slots, the program's accounts and the feeds, to all at once. A feed that is refused,
/// or not there in time, is left to the keeper, which asks for what no stream tells of.
async fn subscribe(
    stream: usize,
    client: &PubsubClient,
    feeds: Vec<Pubkey>,
    feeds_until: Instant,
) -> Result<SelectAll<BoxStream<'_, Event>>, String> {
    let failed = |what: &'static str| move |_| format!("subscribing to {what} failed");
    let config = RpcProgramAccountsConfig {
        account_config: account_config(),
        ..RpcProgramAccountsConfig::default()
    };
    let feed = |feed: Pubkey| async move {
        let subscribing = client.account_subscribe(&feed, Some(account_config()));
        match timeout_at(feeds_until, subscribing).await {
            Ok(Ok((told, _end))) => Some((feed, told)),
            Ok(Err(_)) | Err(_) => {
                debug!(%feed, "no subscription to a feed");
                None
            }
        }
    };
    let (slots, accounts, feeds) = tokio::join!(
        client.slot_subscribe(),
        client.program_subscribe(&holdfast::ID, Some(config)),
        join_all(feeds.into_iter().map(feed)),
    );
    let (slots, _end) = slots.map_err(failed("slots"))?;
    let (accounts, _end) = accounts.map_err(failed("the program"))?;
    let mut all = select_all([
        slots.map(move |slot| Event::Slot { stream, slot: slot.slot, parent: slot.parent }).boxed(),
        accounts
            .filter_map(move |told| async move {
                let address = told.value.pubkey.parse().ok()?;
                shown(told.context.slot, address, &told.value.account)
                    .map(|shown| Event::Shown { stream, shown })
            })
            .boxed(),
    ]);
    for (feed, told) in feeds.into_iter().flatten() {
        let told = told.filter_map(move |told| async move {
            shown(told.context.slot, feed, &told.value).map(|shown| Event::Shown { stream, shown })
        });
        all.push(told.boxed());
    }
    Ok(all)
}

fn account_config() -> RpcAccountInfoConfig {
    RpcAccountInfoConfig {
        encoding: Some(UiAccountEncoding::Base64),
        commitment: Some(CommitmentConfig::processed()),
        ..RpcAccountInfoConfig::default()
    }
}

fn shown(slot: u64, address: Pubkey, account: &UiAccount) -> Option<Shown> {
    let closed = account.lamports == 0;
    let data = if closed { Vec::new() } else { bytes_of(&account.data)? };
    Some(Shown { slot, address, owner: account.owner.parse().ok()?, data })
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
