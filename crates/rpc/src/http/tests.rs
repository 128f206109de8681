use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use serde_json::json;
use solana_rpc_client::rpc_sender::RpcSender;
use solana_rpc_client_api::request::RpcRequest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::HttpSender;
use crate::limits::MOST_TURNED_AWAY;

/// Answers every connection with what `answer` writes, and says where.
async fn raw(answer: impl Fn() -> String + Send + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4_096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer().as_bytes()).await;
        }
    });
    format!("http://{address}/secret-key")
}

/// What a request at `url` comes to.
async fn asked(url: String, most_bytes: usize) -> Result<serde_json::Value, String> {
    let sender = HttpSender::new(url, Duration::from_secs(5), most_bytes);
    let answer = sender.send(RpcRequest::GetHealth, json!([])).await;
    answer.map_err(|error| format!("{error:?}"))
}

#[tokio::test]
async fn no_status_ends_the_process_or_shows_a_key() {
    for status in 100..=599 {
        let body = "{\"jsonrpc\": \"2.0\", \"id\": 0, \"result\": 7}";
        let length = body.len();
        let head = format!("HTTP/1.1 {status} So\r\nlocation: /other\r\nretry-after: 600\r\n");
        let head = format!("{head}connection: close\r\ncontent-length: {length}\r\n\r\n");
        let answer = asked(raw(move || format!("{head}{body}")).await, 1_000).await;
        assert_eq!(answer.is_ok(), matches!(status, 200..=203 | 205..=299), "{status}: {answer:?}");
        let said = answer.err().unwrap_or_default();
        assert!(!said.contains("secret-key") || said.contains("reqwest"), "{status}: {said}");
    }
}

#[tokio::test]
async fn an_answer_is_read_no_further_than_its_bound() {
    let page = |length: usize| {
        let body = format!("{{\"result\": \"{}\"}}", "x".repeat(length));
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    };
    assert!(asked(raw(move || page(900)).await, 1_000).await.is_ok());
    let said = asked(raw(move || page(1_100)).await, 1_000).await.expect_err("it is too long");
    assert!(said.contains("longer than 1000 bytes"), "{said}");
    // One that never says how long it is, and never ends.
    let endless = || format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(9_000));
    let said = asked(raw(endless).await, 1_000).await.expect_err("it is too long");
    assert!(said.contains("longer than 1000 bytes"), "{said}");
}

/// An endpoint that turns requests away with this header, and how many it saw.
async fn turning_away(header: &'static str) -> (String, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    let url = raw(move || {
        count.fetch_add(1, Relaxed);
        format!("HTTP/1.1 429 No\r\n{header}connection: close\r\ncontent-length: 0\r\n\r\n")
    });
    (url.await, seen)
}

#[tokio::test]
async fn who_asks_for_longer_than_an_answer_may_take_is_left_alone() {
    let (url, seen) = turning_away("retry-after: 60\r\n").await;
    let sender = HttpSender::new(url, Duration::from_secs(5), 1_000);
    for _ in 0..3 {
        let said = sender.send(RpcRequest::GetHealth, json!([])).await.expect_err("turned away");
        assert!(said.to_string().contains("429"), "{said}");
    }
    assert_eq!(seen.load(Relaxed), 1, "it was not asked while it wanted to be left alone");
}

#[tokio::test]
async fn who_turns_requests_away_is_asked_a_few_times() {
    let (url, seen) = turning_away("retry-after: 0\r\n").await;
    let said = asked(url, 1_000).await.expect_err("turned away");
    assert!(said.contains("429") && said.contains("again and again"), "{said}");
    assert_eq!(seen.load(Relaxed), MOST_TURNED_AWAY as usize);
}
