use axum::Router;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use solana_signature::Signature;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, connect_async};

use super::*;

/// Starts a node that answers with how many questions it had before; says where.
async fn node() -> u16 {
    let listener = listen(0).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicU64::default());
    let answer = move |question: String| async move {
        let question: Value = serde_json::from_str(&question).unwrap();
        let before = asked.fetch_add(1, Ordering::Relaxed);
        json!({"id": question["id"], "result": before}).to_string()
    };
    tokio::spawn(
        async move { axum::serve(listener, Router::new().route("/", post(answer))).await },
    );
    port
}

/// A port where nobody listens.
async fn nobody() -> u16 {
    listen(0).await.unwrap().local_addr().unwrap().port()
}

struct Client {
    proxy: Arc<Proxy>,
    url: String,
}

impl Client {
    async fn start(upstream: u16) -> Self {
        let proxy = Arc::new(Proxy::new(upstream, upstream, 1));
        let listener = listen(0).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(http::serve(proxy.clone(), listener));
        Self { proxy, url }
    }

    async fn says(&self, text: String) -> reqwest::Response {
        reqwest::Client::new().post(&self.url).body(text).send().await.unwrap()
    }

    /// What the answer to a question is.
    async fn asks(&self, method: &str, params: Value) -> Value {
        let question = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let answer: Value = self.says(question.to_string()).await.json().await.unwrap();
        assert_eq!(answer["id"], 7);
        answer["result"].clone()
    }

    /// Sends a transaction with this signature.
    async fn sends(&self, signature: Signature) -> Value {
        let transaction = [&[1], signature.as_ref(), b"message"].concat();
        self.asks("sendTransaction", json!([STANDARD.encode(transaction)])).await
    }
}

#[tokio::test]
async fn questions_and_transactions_are_handed_on() {
    let client = Client::start(node().await).await;
    assert_eq!(client.asks("getSlot", json!([])).await, 0);
    assert_eq!(client.asks("getSlot", json!([])).await, 1);
    assert_eq!(client.sends(Signature::from([3; 64])).await, 2);
    assert_eq!(client.proxy.counts(), (1, 0));
}

#[tokio::test]
async fn a_frozen_one_says_what_it_said_and_loses_transactions() {
    let client = Client::start(node().await).await;
    assert_eq!(client.asks("getBalance", json!(["a"])).await, 0);
    assert_eq!(client.asks("getBalance", json!(["b"])).await, 1);
    client.proxy.set(ProxyFault { frozen: true, loses: 0.0 });
    assert_eq!(client.asks("getBalance", json!(["a"])).await, 0);
    assert_eq!(client.asks("getBalance", json!(["new"])).await, 1, "the last of its kind");
    assert_eq!(client.asks("getSlot", json!([])).await, Value::Null);
    let signature = Signature::from([3; 64]);
    assert_eq!(client.sends(signature).await, signature.to_string());
    assert_eq!(client.proxy.counts(), (1, 1));
    client.proxy.set(ProxyFault::default());
    assert_eq!(client.asks("getBalance", json!(["a"])).await, 2, "the node heard nothing");
}

#[tokio::test]
async fn a_lossy_one_loses_its_share() {
    let client = Client::start(node().await).await;
    client.proxy.set(ProxyFault { frozen: false, loses: 0.8 });
    for byte in 0..200 {
        client.sends(Signature::from([byte; 64])).await;
    }
    let (taken, lost) = client.proxy.counts();
    let arrived = client.asks("getSlot", json!([])).await;
    assert_eq!((taken, taken - lost), (200, arrived.as_u64().unwrap()));
    assert!((140..=180).contains(&lost), "{lost} of 200");
}

#[tokio::test]
async fn what_it_remembers_is_bounded() {
    let client = Client::start(nobody().await).await;
    for number in 0..10_000 {
        let question = json!({"method": "getSignatureStatuses", "params": [number]});
        client.proxy.note(&question, &Value::Null);
    }
    assert_eq!(client.proxy.said.lock().unwrap().len(), REMEMBERED.get());
}

#[tokio::test]
async fn what_makes_no_sense_and_a_dead_node_are_errors() {
    let client = Client::start(nobody().await).await;
    assert_eq!(client.says("no question".to_owned()).await.status(), 400);
    assert_eq!(client.says(json!({"method": "getSlot"}).to_string()).await.status(), 502);
    client.proxy.set(ProxyFault { frozen: true, loses: 0.0 });
    let unsigned = json!({"method": "sendTransaction", "params": ["AQ=="]});
    assert_eq!(client.says(unsigned.to_string()).await.status(), 400);
}

#[tokio::test]
async fn streams_are_silent_while_it_is_frozen() {
    let upstream = listen(0).await.unwrap();
    let port = upstream.local_addr().unwrap().port();
    let proxy = Arc::new(Proxy::new(port, port, 1));
    let listener = listen(0).await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    tokio::spawn(socket::serve(proxy.clone(), listener));
    let node = tokio::spawn(async move { accept_async(upstream.accept().await.unwrap().0).await });
    let (mut client, _) = connect_async(url).await.unwrap();
    let mut node = node.await.unwrap().unwrap();
    client.send(Message::text("subscribe")).await.unwrap();
    assert_eq!(node.next().await.unwrap().unwrap(), Message::text("subscribe"));
    proxy.set(ProxyFault { frozen: true, loses: 0.0 });
    node.send(Message::text("unheard")).await.unwrap();
    // Once the ping is answered, what was told before it was dropped.
    node.send(Message::Ping(Vec::new().into())).await.unwrap();
    assert!(node.next().await.unwrap().unwrap().is_pong());
    proxy.set(ProxyFault::default());
    node.send(Message::text("heard")).await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::text("heard"));
}
