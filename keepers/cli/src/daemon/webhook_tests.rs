use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use holdfast_keeper_core::keeper::PendingChange;
use holdfast_risk::Millis;
use holdfast_rpc::Address;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::tell;
use crate::loopback::report;

fn pending(number: u64) -> PendingChange {
    PendingChange { number, hash: [0xab; 32], ready_in: Millis(61_500) }
}

/// A hook that refuses this many times first, and what it took.
async fn hook(refuses: usize) -> (Address, mpsc::UnboundedReceiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Address(format!("http://{}", listener.local_addr().unwrap()));
    let (taken, heard) = mpsc::unbounded_channel();
    let asked = Arc::new(AtomicUsize::new(0));
    let page = post(move |body: String| async move {
        let body: Value = serde_json::from_str(&body).unwrap();
        if asked.fetch_add(1, Ordering::Relaxed) < refuses {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        taken.send(body).unwrap();
        StatusCode::OK
    });
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", page)).await });
    (address, heard)
}

#[tokio::test]
async fn each_change_is_told_of_once() {
    let (address, mut heard) = hook(0).await;
    let mut first = report();
    first.changes = vec![pending(3)];
    let (sender, reports) = watch::channel((Instant::now(), first.clone()));
    let told = tokio::spawn(tell(address, reports));
    let body = heard.recv().await.unwrap();
    assert_eq!((&body["number"], &body["ready_in_seconds"]), (&3.into(), &62.into()));
    assert_eq!(body["hash"], "ab".repeat(32));
    assert!(body["text"].as_str().unwrap().contains("`holdfast change show 3`"), "{body}");
    first.changes.push(pending(4));
    sender.send((Instant::now(), first)).unwrap();
    assert_eq!(heard.recv().await.unwrap()["number"], 4, "and 3 not again");
    drop(sender);
    told.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_told_again() {
    let (address, mut heard) = hook(2).await;
    let mut first = report();
    first.changes = vec![pending(9)];
    let (_sender, reports) = watch::channel((Instant::now(), first));
    tokio::spawn(tell(address, reports));
    let body = tokio::time::timeout(Duration::from_secs(600), heard.recv()).await.unwrap();
    assert_eq!(body.unwrap()["number"], 9);
}
