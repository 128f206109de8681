//! JSON-RPC over HTTP. The library's own transport panics at statuses that are neither a success
//! nor an error, reads answers of any length, and asks again while it is told to wait.

mod breaker;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use solana_rpc_client::rpc_sender::{RpcSender, RpcTransportStats};
use solana_rpc_client_api::client_error::{self, ErrorKind};
use solana_rpc_client_api::request::{RpcError, RpcRequest, RpcResponseErrorData};
use tokio::time::{Instant, sleep};

use crate::limits::MOST_TURNED_AWAY;
use breaker::Breaker;

/// What the reason begins with when an answer is too long to be read.
pub const TOO_LONG: &str = "the answer is longer than";

/// One endpoint's transport.
pub struct HttpSender {
    /// Or why this machine makes no connections.
    client: Result<Client, String>,
    url: String,
    /// How long a request may take, waiting for the endpoint's leave included.
    timeout: Duration,
    /// The longest answer that is read, bytes.
    most_bytes: usize,
    number: AtomicU64,
    breaker: Mutex<Breaker>,
}

impl HttpSender {
    /// A transport to `url`.
    pub fn new(url: String, timeout: Duration, most_bytes: usize) -> Self {
        // A redirect would send the request, and its key, to a server that nobody named.
        let client = Client::builder().timeout(timeout).redirect(Policy::none()).build();
        let client = client.map_err(|error| format!("this machine makes no connection: {error}"));
        let (number, breaker) = (AtomicU64::new(0), Mutex::new(Breaker::default()));
        Self { client, url, timeout, most_bytes, number, breaker }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the endpoint may be asked.
    async fn may_ask(&self, deadline: Instant) -> client_error::Result<()> {
        loop {
            let now = Instant::now();
            let Some(pause) = self.breaker().pause(now) else { return Ok(()) };
            if now + pause >= deadline {
                return Err(failed(format!(
                    "HTTP status 429: it asks to be left alone for {} s",
                    pause.as_secs_f64().ceil()
                )));
            }
            sleep(pause).await;
        }
    }

    /// One request and its answer; `None`: it was turned away.
    async fn ask(&self, body: String) -> client_error::Result<Option<Value>> {
        let client = self.client.as_ref().map_err(|reason| failed(reason.clone()))?;
        let request = client.post(&self.url).header(CONTENT_TYPE, "application/json");
        let response = request.body(body).send().await?;
        let status = response.status();
        let asked = retry_after(&response);
        let overloaded = status == StatusCode::SERVICE_UNAVAILABLE && asked.is_some();
        if status == StatusCode::TOO_MANY_REQUESTS || overloaded {
            self.breaker().turned_away(asked, roll(), Instant::now());
            return Ok(None);
        }
        self.breaker().answered();
        if !status.is_success() {
            return Err(failed(format!("HTTP status {status}")));
        }
        let bytes = self.read(response).await?;
        Ok(Some(serde_json::from_slice(&bytes)?))
    }

    async fn read(&self, mut response: Response) -> client_error::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if bytes.len() + chunk.len() > self.most_bytes {
                let most = self.most_bytes;
                return Err(failed(format!("{TOO_LONG} {most} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

#[async_trait]
impl RpcSender for HttpSender {
    async fn send(&self, request: RpcRequest, params: Value) -> client_error::Result<Value> {
        let deadline = Instant::now() + self.timeout;
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let body = request.build_request_json(number, params).to_string();
        for _ in 0..MOST_TURNED_AWAY {
            self.may_ask(deadline).await?;
            if let Some(answer) = self.ask(body.clone()).await? {
                return result(answer);
            }
        }
        Err(failed("HTTP status 429: it turns requests away again and again".to_owned()))
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        RpcTransportStats::default()
    }

    /// None: it may carry a key.
    fn url(&self) -> String {
        String::new()
    }
}

/// What a JSON-RPC answer holds.
fn result(mut answer: Value) -> client_error::Result<Value> {
    if !answer.is_object() {
        return Err(RpcError::RpcRequestError("the answer is no JSON object".to_owned()).into());
    }
    let error = &answer["error"];
    if error.is_null() {
        return Ok(answer["result"].take());
    }
    let (Some(code), Some(message)) = (error["code"].as_i64(), error["message"].as_str()) else {
        return Err(RpcError::RpcRequestError(format!("an error of no known form: {error}")).into());
    };
    let (message, data) = (message.to_owned(), RpcResponseErrorData::Empty);
    Err(RpcError::RpcResponseError { code, message, data }.into())
}

fn failed(reason: String) -> client_error::Error {
    ErrorKind::Custom(reason).into()
}

/// Seconds that an endpoint asks to be left alone for.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// A random number: a hasher's keys are drawn anew for each.
fn roll() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests;
