//! Questions and answers.

use std::sync::{Arc, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use solana_signature::Signature;
use tokio::net::TcpListener;

use super::Proxy;

/// A program's accounts are one answer.
const LARGEST: usize = 64 << 20;

type Answer = Result<String, StatusCode>;

pub async fn serve(proxy: Arc<Proxy>, listener: TcpListener) {
    let state = (proxy, reqwest::Client::new());
    let limit = axum::extract::DefaultBodyLimit::max(LARGEST);
    let pages = Router::new().route("/", post(answer)).layer(limit).with_state(state);
    // It serves until the process ends.
    let _ = axum::serve(listener, pages).await;
}

async fn answer(
    State((proxy, client)): State<(Arc<Proxy>, reqwest::Client)>,
    question: String,
) -> Answer {
    let question: Value = serde_json::from_str(&question).map_err(|_| StatusCode::BAD_REQUEST)?;
    if question["method"] == "sendTransaction" && proxy.loses() {
        let taken = signature(&question).ok_or(StatusCode::BAD_REQUEST)?;
        return Ok(reply(&question, json!(taken.to_string())));
    }
    if proxy.is_frozen() {
        return Ok(reply(&question, proxy.said_last(&question)));
    }
    let asked = client.post(&proxy.upstream).json(&question).send().await;
    let answered = asked.map_err(|_| StatusCode::BAD_GATEWAY)?.json::<Value>().await;
    let answered = answered.map_err(|_| StatusCode::BAD_GATEWAY)?;
    proxy.note(&question, &answered["result"]);
    Ok(answered.to_string())
}

fn reply(question: &Value, result: Value) -> String {
    json!({"jsonrpc": "2.0", "id": question["id"], "result": result}).to_string()
}

/// The signature that a node would answer: the transaction's first one.
fn signature(question: &Value) -> Option<Signature> {
    let bytes = STANDARD.decode(question["params"][0].as_str()?).ok()?;
    Signature::try_from(bytes.get(1..65)?).ok()
}

impl Proxy {
    pub(super) fn note(&self, question: &Value, result: &Value) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(question) {
            said.put(key, result.clone());
        }
    }

    /// What it said last to this question, or else to one of its kind.
    fn said_last(&self, question: &Value) -> Value {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        keys(question).iter().find_map(|key| said.get(key).cloned()).unwrap_or_default()
    }
}

/// What a question is remembered by: all of it, or its method.
fn keys(question: &Value) -> [String; 2] {
    let method = question["method"].to_string();
    [format!("{method}{}", question["params"]), method]
}
