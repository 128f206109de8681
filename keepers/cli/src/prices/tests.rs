use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use holdfast_keeper_core::keeper::Report;
use holdfast_keeper_core::posting::{Source, SourceReport};
use holdfast_risk::{Millis, Price};
use holdfast_rpc::Address;
use holdfast_testkit::feed::Published;
use holdfast_testkit::hermes;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::stage::{ID, NOW, Stage, TRUE, host, parts, trickle, wanted};
use crate::loopback::page;

fn answer(id: [u8; 32], price: u64, published: u64, signed: u64) -> String {
    let update = hermes::update(&[(id, Published::new(price, published))], signed);
    json!({"binary": {"encoding": "base64", "data": [STANDARD.encode(update)]}}).to_string()
}

/// What a report says of Pyth.
fn of_pyth(report: &mut Report) -> &mut SourceReport {
    report.posting.sources.get_mut(&Source::Pyth).expect("its prices are brought")
}

fn event(price: u64, at: u64) -> String {
    format!("data:{}\n\n", answer(ID, price, at, at))
}

/// A host that streams the true price and goes on being there.
async fn sound() -> Address {
    host(|_| page(200, parts(vec![event(TRUE, NOW).into_bytes()]))).await
}

#[tokio::test]
async fn events_in_fragments_are_put_together() {
    let told = format!(": hello\n\n{}{}", event(TRUE, NOW), event(TRUE + 1, NOW + 1_000));
    let pieces: Vec<_> = told.as_bytes().chunks(7).map(<[u8]>::to_vec).collect();
    let mut stage =
        Stage::follow(Source::Pyth, vec![host(move |_| page(200, parts(pieces.clone()))).await]);
    for price in [TRUE, TRUE + 1] {
        assert_eq!(stage.price().await.quote.price, Price(price));
    }
    assert_eq!(stage.counts.taken.load(Relaxed), 2);
}

#[tokio::test]
async fn who_misbehaves_is_left_for_the_next_host() {
    let redirect = || {
        let to = page(302, Body::empty());
        let (mut head, body) = to.into_parts();
        head.headers.insert("location", "http://127.0.0.1:1/".parse().expect("a header"));
        Response::from_parts(head, body)
    };
    let say = |text: String| page(200, parts(vec![text.into_bytes()]));
    let asks_for_peace = || {
        let (mut head, body) = page(503, Body::empty()).into_parts();
        head.headers.insert("retry-after", "60".parse().expect("a header"));
        Response::from_parts(head, body)
    };
    type Misbehaves = Box<dyn Fn() -> Response<Body> + Send + Sync>;
    let cases: Vec<(&str, Misbehaves)> = vec![
        ("failed", Box::new(|| page(404, "none"))),
        ("failed", Box::new(|| page(503, "down"))),
        ("failed", Box::new(redirect)),
        ("failed", Box::new(|| page(200, Body::empty()))),
        ("failed", Box::new(|| page(200, parts(Vec::new())))),
        ("failed", Box::new(|| page(200, trickle()))),
        ("turned away", Box::new(|| page(429, "too many"))),
        ("turned away", Box::new(asks_for_peace)),
        ("unreadable", Box::new(move || say("data: <html>\n\n".to_owned()))),
        ("unreadable", Box::new(move || say("data: \u{7}\n\n".to_owned()))),
        ("unreadable", Box::new(|| page(200, vec![0xFF; 64]))),
        ("unreadable", Box::new(|| page(200, parts(vec![vec![b'x'; 1 << 16]; 17])))),
        ("unreadable", Box::new(move || say(format!("data:{}\n\n", answer([8; 32], 1, NOW, NOW))))),
        ("stale", Box::new(move || say(event(1, NOW - 60_000)))),
        ("ahead", Box::new(move || say(event(1, NOW + 2 * Millis::DAY.0)))),
    ];
    for (number, (reason, misbehaves)) in cases.into_iter().enumerate() {
        let first = host(move |_| misbehaves()).await;
        let mut stage = Stage::follow(Source::Pyth, vec![first, sound().await]);
        assert_eq!(stage.price().await.quote.price, Price(TRUE), "{number}");
        assert_eq!(stage.refused(), [(reason, 1)], "{number}");
        stage.task.abort();
    }
}

#[tokio::test]
async fn who_takes_a_connection_and_says_nothing_is_left() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let mute = Address(format!("http://{}", listener.local_addr().expect("its address")));
    let nobody = Address("http://127.0.0.1:1".to_owned());
    let mut stage = Stage::follow(Source::Pyth, vec![mute, nobody, sound().await]);
    assert_eq!(stage.price().await.quote.price, Price(TRUE));
    assert_eq!(stage.refused(), [("failed", 2)]);
}

#[tokio::test]
async fn a_host_without_a_stream_is_asked_again_and_again() {
    let asked = Arc::new(AtomicU64::new(0));
    let count = asked.clone();
    let lone = host(move |uri| {
        if uri.path().ends_with("/stream") {
            return page(404, "none");
        }
        let at = NOW + 1_000 * count.fetch_add(1, Relaxed);
        page(200, answer(ID, TRUE, at, at))
    });
    let mut stage = Stage::follow(Source::Pyth, vec![lone.await]);
    for second in 0..3 {
        assert_eq!(stage.price().await.quote.published, Millis(NOW + 1_000 * second));
    }
    // Then its stream is tried once more, and fails again.
    stage.price().await;
    assert_eq!(stage.refused(), [("failed", 2)]);
    assert!(asked.load(Relaxed) >= 4);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let long = host(|uri| match uri.path().ends_with("/stream") {
        true => page(404, "none"),
        false => page(200, parts(vec![vec![b' '; 1 << 16]; 17])),
    });
    let mut stage = Stage::follow(Source::Pyth, vec![long.await]);
    while stage.refused().len() < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(stage.refused(), [("failed", 1), ("unreadable", 1)]);
    assert!(stage.heard.try_recv().is_err());
}

#[tokio::test]
async fn what_the_chain_refuses_is_not_believed() {
    let liar = host(|_| page(200, parts(vec![event(TRUE * 2, NOW).into_bytes()]))).await;
    let mut stage = Stage::follow(Source::Pyth, vec![liar, sound().await]);
    assert_eq!(stage.price().await.quote.price, Price(TRUE * 2));
    for refused in [1, 2] {
        assert_eq!(stage.refused(), []);
        stage.reports.send_modify(|(_, report)| of_pyth(report).counts.disbelieved = refused);
    }
    assert_eq!(stage.price().await.quote.price, Price(TRUE));
    assert_eq!(stage.refused(), [("unbelieved", 1)]);
}

#[tokio::test]
async fn what_is_wanted_is_asked_for_below_the_path_and_with_the_key() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let lone = host(move |uri| {
        // Nobody may listen any more.
        let _ = tell.send(uri.to_string());
        page(200, parts(vec![event(TRUE, NOW).into_bytes()]))
    });
    let mut stage = Stage::follow(Source::Pyth, vec![lone.await]);
    let asked = |id: &str| {
        let ids = id.repeat(32);
        let key = "/secret-key/v2/updates/price/stream?api-key=hidden-key";
        let options = "encoding=base64&parsed=false&ignore_invalid_price_ids=true";
        Some(format!("{key}&ids%5B%5D={ids}&{options}"))
    };
    assert_eq!(told.recv().await, asked("07"));
    stage.price().await;
    stage.reports.send_modify(|(_, report)| of_pyth(report).feeds = vec![wanted([0xAB; 32])]);
    assert_eq!(told.recv().await, asked("ab"));
}

#[tokio::test]
async fn a_password_without_a_user_is_a_token() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let at = listener.local_addr().expect("its address");
    let pages = Router::new().fallback(move |headers: HeaderMap| async move {
        // Nobody may listen any more.
        let _ = tell.send(headers.get("authorization").cloned());
        page(200, parts(vec![event(TRUE, NOW).into_bytes()]))
    });
    tokio::spawn(async move { axum::serve(listener, pages).await });
    let cases = [
        ("", None),
        (":some-token@", Some("Bearer some-token")),
        (":a+b&c%2Fd==@", Some("Bearer a+b&c/d==")),
        // The client's own way with a user and a password: user:word in base64.
        ("user:word@", Some("Basic dXNlcjp3b3Jk")),
    ];
    for (user, sent) in cases {
        let stage = Stage::follow(Source::Pyth, vec![Address(format!("http://{user}{at}"))]);
        let authorization = told.recv().await.expect("it is asked");
        assert_eq!(authorization.as_ref().and_then(|value| value.to_str().ok()), sent, "{user}");
        stage.task.abort();
    }
}

#[tokio::test]
async fn nobody_is_asked_before_something_is_wanted_and_after_the_keeper_is_gone() {
    let asked = Arc::new(AtomicBool::new(false));
    let saw = asked.clone();
    let lone = host(move |_| {
        saw.store(true, Relaxed);
        page(200, parts(Vec::new()))
    });
    let stage = Stage::follow(Source::Pyth, vec![lone.await]);
    stage.reports.send_modify(|(_, report)| of_pyth(report).feeds.clear());
    drop(stage.reports);
    stage.task.await.expect("it ends with the keeper");
    assert!(!asked.load(Relaxed));
}
