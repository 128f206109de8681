//! Playing Pyth's service Hermes for feeds whose prices keepers bring: they are handed out, under signatures
//! of nobody, and written to no account.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::stream::unfold;
use holdfast_client::Pubkey;
use holdfast_client::pyth::price_feed_address;
use holdfast_testkit::feed::Published;
use holdfast_testkit::hermes::{ROUTERS, update_by};
use serde_json::json;
use tokio::sync::watch;

use super::board::Due;

/// Feeds that are handed out, and what was said last; shared by who says it and who hands it out.
#[derive(Clone)]
pub struct Hermes {
    /// Names and ids by the accounts that keepers bring prices to.
    feeds: Arc<BTreeMap<Pubkey, (String, [u8; 32])>>,
    /// What each feed said last: a feed that has stopped says it again, under a new signature.
    last: Arc<Mutex<BTreeMap<Pubkey, Published>>>,
    /// The newest answer; empty before the first price.
    said: Arc<watch::Sender<String>>,
}

/// The id of a feed that only local clusters have: its name.
pub fn feed_id(name: &str) -> [u8; 32] {
    let mut id = [0; 32];
    for (to, from) in id.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    id
}

/// The account that keepers bring its prices to, in the push oracle's shard 0.
pub fn brought_account(name: &str) -> Pubkey {
    price_feed_address(0, &feed_id(name))
}

impl Hermes {
    /// Feeds of these names.
    pub fn new(names: &[String]) -> Self {
        let feeds = names.iter().map(|name| (brought_account(name), (name.clone(), feed_id(name))));
        let feeds = Arc::new(feeds.collect());
        let said = Arc::new(watch::channel(String::new()).0);
        Self { feeds, last: Arc::default(), said }
    }

    /// Whether it hands out the prices that belong to an account.
    pub fn has(&self, account: &Pubkey) -> bool {
        self.feeds.contains_key(account)
    }

    /// Whether it has no feed at all.
    pub fn is_empty(&self) -> bool {
        self.feeds.is_empty()
    }

    /// Hands out what is due, signed at `now_ms`, beside what other feeds said last.
    pub(super) fn offer(&self, due: &[Due], now_ms: u64) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        for due in due.iter().filter(|due| self.has(&due.address)) {
            last.insert(due.address, due.published);
        }
        let prices = last.iter().filter_map(|(account, published)| {
            let (_, id) = self.feeds.get(account)?;
            Some((*id, *published))
        });
        let prices: Vec<_> = prices.collect();
        if !prices.is_empty() {
            let update = BASE64_STANDARD.encode(update_by(&ROUTERS, &prices, now_ms));
            let binary = json!({"encoding": "base64", "data": [update]});
            self.said.send_replace(json!({"binary": binary}).to_string());
        }
    }

    /// Its pages, as far as keepers ask for them. All feeds are handed out, whichever are asked for.
    pub fn pages(&self) -> Router {
        Router::new()
            .route("/v2/updates/price/latest", get(latest))
            .route("/v2/updates/price/stream", get(stream))
            .route("/v2/price_feeds", get(list))
            .with_state(self.clone())
    }
}

/// The newest prices, once there are any.
async fn latest(State(hermes): State<Hermes>) -> Response {
    let mut said = hermes.said.subscribe();
    // The sender is in `hermes`, so the wait ends with a price.
    let found = said.wait_for(|said| !said.is_empty()).await;
    json_page(found.map(|said| said.clone()).unwrap_or_default())
}

/// The prices from now on, as server-sent events.
async fn stream(State(hermes): State<Hermes>) -> Response {
    let events = unfold(hermes.said.subscribe(), |mut said| async move {
        said.changed().await.ok()?;
        let event = format!("data:{}\n\n", *said.borrow_and_update());
        Some((Ok::<_, Infallible>(event), said))
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

/// Its feeds, which are open at all hours.
async fn list(State(hermes): State<Hermes>) -> Response {
    let rows = hermes.feeds.values().map(|(name, id)| {
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({
            "id": id,
            "attributes": {
                "symbol": format!("Crypto.{name}/USD"),
                "schedule": "Etc/UTC;O,O,O,O,O,O,O;",
            },
            "market_hours": {"is_open": true, "next_open": null, "next_close": null},
        })
    });
    json_page(serde_json::Value::from_iter(rows).to_string())
}

fn json_page(text: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}

#[cfg(test)]
#[path = "hermes_tests.rs"]
mod tests;
