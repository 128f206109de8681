use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Response, Uri};
use holdfast_client::Pubkey;
use holdfast_client::stork::feed_id;
use holdfast_keeper_core::posting::{Source, WantedFeed};
use holdfast_risk::{Millis, Price};
use holdfast_rpc::Address;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::stage::{NOW, Stage, TRUE, host, parts, trickle};
use crate::loopback::page;

const ASSET: &str = "SOLUSD";

/// What Stork says of an asset at a time, milliseconds since 1970.
fn entry(asset: &str, price: u64, at: u64) -> Value {
    let half = "0b".repeat(32);
    json!({
        "asset_id": asset,
        "stork_signed_price": {
            "encoded_asset_id": format!("0x{}", hex::encode(feed_id(asset))),
            "price": format!("{price}000000000000"),
            "timestamped_signature": {
                "signature": {"r": format!("0x{half}"), "s": format!("0x{half}"), "v": "0x1c"},
                "timestamp": at * 1_000_000 + 7,
            },
            "publisher_merkle_root": format!("0x{half}"),
            "calculation_alg": {"type": "median", "version": "v1", "checksum": half},
        },
    })
}

fn answer(price: u64, at: u64) -> String {
    json!({"data": {ASSET: entry(ASSET, price, at)}}).to_string()
}

/// A host with a list of assets, and these prices.
async fn having(prices: impl Fn() -> Response<Body> + Send + Sync + 'static) -> Address {
    host(move |uri| match uri.path().ends_with("/v1/prices/assets") {
        true => page(200, json!({"data": ["BTCUSD", ASSET]}).to_string()),
        false => prices(),
    })
    .await
}

async fn sound() -> Address {
    having(|| page(200, answer(TRUE, NOW))).await
}

/// Somebody who follows the asset.
fn follow(hosts: Vec<Address>) -> Stage {
    let stage = Stage::follow(Source::Stork, hosts);
    stage.reports.send_modify(|(_, report)| {
        let wanted = WantedFeed { id: feed_id(ASSET), account: Pubkey::default() };
        let source = report.posting.sources.get_mut(&Source::Stork);
        source.expect("its prices are brought").feeds = vec![wanted];
    });
    stage
}

#[tokio::test]
async fn prices_are_read_in_every_form_that_stork_shows() {
    let entry = || entry(ASSET, TRUE, NOW);
    for form in [
        json!({"data": {ASSET: entry()}}),
        json!({ASSET: entry()}),
        json!({"data": [{"asset_id": "none"}, entry()]}),
    ] {
        let mut stage = follow(vec![having(move || page(200, form.to_string())).await]);
        let offer = stage.price().await;
        assert_eq!((offer.feed.id, offer.quote.price), (feed_id(ASSET), Price(TRUE)));
        assert_eq!((offer.signed, offer.quote.published), (Millis(NOW), Millis(NOW)));
        stage.task.abort();
    }
}

#[tokio::test]
async fn assets_are_asked_for_by_name_and_with_the_token_as_it_is() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let at = listener.local_addr().expect("its address");
    let pages = Router::new().fallback(move |uri: Uri, headers: HeaderMap| async move {
        let authorization = headers.get("authorization").and_then(|it| it.to_str().ok());
        // Nobody may listen any more.
        let _ = tell.send((uri.to_string(), authorization.map(str::to_owned)));
        match uri.path() {
            "/v1/prices/assets" => page(200, json!({"data": [ASSET, "ETHUSD"]}).to_string()),
            _ => page(200, answer(TRUE, NOW)),
        }
    });
    tokio::spawn(async move { axum::serve(listener, pages).await });
    let mut stage = follow(vec![Address(format!("http://:some-token@{at}"))]);
    for _ in 0..2 {
        assert_eq!(stage.price().await.quote.price, Price(TRUE));
    }
    for path in ["assets", "latest?assets=SOLUSD", "latest?assets=SOLUSD"] {
        let token = Some("Basic some-token".to_owned());
        assert_eq!(told.recv().await, Some((format!("/v1/prices/{path}"), token)));
    }
}

#[tokio::test]
async fn who_misbehaves_is_left_for_the_next_host() {
    type Misbehaves = Box<dyn Fn() -> Response<Body> + Send + Sync>;
    let say = |text: String| -> Misbehaves { Box::new(move || page(200, text.clone())) };
    let good = answer(TRUE, NOW);
    let cases: Vec<(&str, Misbehaves)> = vec![
        ("failed", Box::new(|| page(401, "who are you?"))),
        ("failed", Box::new(|| page(503, "down"))),
        ("failed", Box::new(|| page(200, parts(Vec::new())))),
        ("failed", Box::new(|| page(200, trickle()))),
        ("turned away", Box::new(|| page(429, "too many"))),
        ("unreadable", say("<html>".to_owned())),
        ("unreadable", say("[]".to_owned())),
        ("unreadable", say("7".to_owned())),
        ("unreadable", say(good.replace("0x1c", "0x1c1c"))),
        ("unreadable", say(good.replace("0b0b", "0bzz"))),
        ("unreadable", say(good.replace("merkle_root", "root"))),
        ("unreadable", say(good.replace(&TRUE.to_string(), "-1"))),
        ("unreadable", say(json!({"data": [entry("BTCUSD", 1, NOW)]}).to_string())),
        ("unreadable", Box::new(|| page(200, parts(vec![vec![b' '; 1 << 16]; 17])))),
        ("stale", say(answer(1, NOW - 60_000))),
        ("ahead", say(answer(1, NOW + 2 * Millis::DAY.0))),
    ];
    for (number, (reason, misbehaves)) in cases.into_iter().enumerate() {
        let mut stage = follow(vec![having(misbehaves).await, sound().await]);
        assert_eq!(stage.price().await.quote.price, Price(TRUE), "{number}");
        assert_eq!(stage.refused(), [(reason, 1)], "{number}");
        stage.task.abort();
    }
}

#[tokio::test]
async fn a_host_without_the_asset_is_left_and_the_list_is_not_asked_for_again_and_again() {
    let (asked, empty) = (Arc::new(AtomicU64::new(0)), json!({"data": ["ETHUSD"]}).to_string());
    let without = host(move |_| page(200, empty.clone())).await;
    let count = asked.clone();
    let with = host(move |uri| {
        if !uri.path().ends_with("/assets") {
            return page(200, answer(TRUE, NOW));
        }
        count.fetch_add(1, Relaxed);
        page(200, json!({"data": [ASSET]}).to_string())
    });
    let mut stage = follow(vec![without, with.await]);
    for _ in 0..8 {
        stage.price().await;
    }
    assert_eq!(stage.refused(), [("unreadable", 1)]);
    assert_eq!(asked.load(Relaxed), 1);
}
