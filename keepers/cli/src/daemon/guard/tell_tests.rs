use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use holdfast_keeper_core::guard::{Alarm, GuardReport, Notice};
use holdfast_keeper_core::keeper::Report;
use holdfast_rpc::Address;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::{tell, test};
use crate::config::{Hook, HookForm};
use crate::loopback::report;

/// A hook that refuses this many times first, and what it took.
async fn hook(refuses: usize) -> (Hook, mpsc::UnboundedReceiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Address(format!("http://{}", listener.local_addr().unwrap()));
    let (taken, heard) = mpsc::unbounded_channel();
    let asked = Arc::new(AtomicUsize::new(0));
    let page = post(move |body: String| async move {
        let body: Value = serde_json::from_str(&body).unwrap();
        if asked.fetch_add(1, Ordering::Relaxed) < refuses {
            return StatusCode::TOO_MANY_REQUESTS;
        }
        taken.send(body).unwrap();
        StatusCode::OK
    });
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", page)).await });
    (Hook { form: HookForm::Json, url, chat: None }, heard)
}

/// A guard's report that tells of deposits with these numbers.
fn telling(numbers: impl IntoIterator<Item = u64>) -> Report {
    let notice =
        |number| Notice { number, account: None, alarm: Alarm::ToppedUp { amount: number } };
    let notices = numbers.into_iter().map(notice).collect();
    let guard = GuardReport { margins: Default::default(), spent: 0, budget: 0, notices };
    Report { guard: Some(guard), ..report() }
}

#[tokio::test]
async fn each_notice_is_told_once_and_in_order() {
    let (hook, mut heard) = hook(0).await;
    let (sender, reports) = watch::channel((Instant::now(), telling([1, 2])));
    let told = tokio::spawn(tell(hook, reports));
    let number = |body: Option<Value>| body.unwrap()["number"].as_u64();
    assert_eq!(number(heard.recv().await), Some(1));
    assert_eq!(number(heard.recv().await), Some(2));
    sender.send((Instant::now(), telling([2, 3]))).unwrap();
    assert_eq!(number(heard.recv().await), Some(3), "and 2 not again");
    drop(sender);
    told.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_told_again_before_anything_else() {
    let (hook, mut heard) = hook(2).await;
    let (_sender, reports) = watch::channel((Instant::now(), telling([5, 6])));
    tokio::spawn(tell(hook, reports));
    for asked in [5, 6] {
        let body = tokio::time::timeout(Duration::from_secs(600), heard.recv()).await.unwrap();
        assert_eq!(body.unwrap()["number"], asked);
    }
}

#[tokio::test]
async fn a_test_says_whether_it_was_taken() {
    let (first, mut heard) = hook(0).await;
    assert_eq!(test(&first).await, Ok(()));
    assert!(heard.recv().await.unwrap()["body"].is_string());
    let (second, _) = hook(1).await;
    let reason = test(&second).await.unwrap_err();
    assert!(reason.contains("429"), "{reason}");
}
