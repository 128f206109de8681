//! Endpoints on this machine that answer whatever a test wants.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{Address, Endpoint};

/// Keys in the address of an endpoint here.
pub const KEYS: [&str; 3] = ["secret-key", "hidden-key", "password-key"];

/// Serves whatever `answer` makes of a request and its address, at an address with keys.
///
/// # Panics
/// When this machine has no free port.
pub async fn serve(
    answer: impl Fn(Uri, Value) -> Response<Body> + Send + Sync + 'static,
) -> Endpoint {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let answer = Arc::new(answer);
    let pages = Router::new().fallback(move |uri: Uri, body: String| async move {
        answer(uri, serde_json::from_str(&body).unwrap_or_default())
    });
    tokio::spawn(async move { axum::serve(listener, pages).await });
    let [path, query, password] = KEYS;
    Endpoint::new(Address(format!("http://user:{password}@{address}/{path}?api-key={query}")))
}

/// A response.
///
/// # Panics
/// When there is no such status.
pub fn page(status: u16, body: impl Into<Body>) -> Response<Body> {
    let status = StatusCode::from_u16(status).expect("a status");
    Response::builder().status(status).body(body.into()).expect("a response")
}

/// The answer to a request.
pub fn result(request: &Value, result: Value) -> Response<Body> {
    page(200, json!({"jsonrpc": "2.0", "id": request["id"], "result": result}).to_string())
}

/// The answer to a request for epoch information at this slot and block height.
pub fn epoch(request: &Value, slot: u64, height: u64) -> Response<Body> {
    let info = json!({
        "absoluteSlot": slot, "blockHeight": height, "epoch": 0, "slotIndex": slot,
        "slotsInEpoch": 432_000, "transactionCount": height,
    });
    result(request, info)
}

/// The answer to a request for statuses at this slot: for each, the slot it landed in, if it did.
pub fn statuses(request: &Value, slot: u64, landed: &[Option<u64>]) -> Response<Body> {
    let status = |slot: &u64| {
        json!({
            "slot": slot,
            "confirmations": null,
            "err": null,
            "status": {"Ok": null},
            "confirmationStatus": "confirmed",
        })
    };
    let landed: Vec<_> = landed.iter().map(|slot| slot.as_ref().map(status)).collect();
    result(request, json!({"context": {"slot": slot}, "value": landed}))
}
