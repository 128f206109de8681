use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::body::Body;
use axum::http::Response;
use holdfast_client::Pubkey;
use holdfast_keeper_core::posting::Source;
use holdfast_risk::{Millis, Price};
use holdfast_testkit::crossbar;
use serde_json::json;
use tokio::sync::mpsc;

use super::stage::{ID, NOW, SLOT, Stage, TRUE, host, parts, trickle};
use crate::loopback::page;

/// What Crossbar says of a feed.
fn answer(id: [u8; 32], price: u64, slot: u64) -> String {
    let instructions = crossbar::update(&Pubkey::from(id), slot, price).map(hex::encode);
    let failed = json!({"success": false, "pullIxns": [], "responses": []});
    let served = json!({"success": true, "pullIxns": instructions, "responses": []});
    json!([failed, served]).to_string()
}

async fn sound() -> holdfast_rpc::Address {
    host(|_| page(200, answer(ID, TRUE, SLOT))).await
}

#[tokio::test]
async fn a_host_is_asked_again_and_again_for_what_is_signed_now() {
    let asked = Arc::new(AtomicU64::new(0));
    let count = asked.clone();
    let (tell, mut told) = mpsc::unbounded_channel();
    let lone = host(move |uri| {
        // Nobody may listen any more.
        let _ = tell.send(uri.to_string());
        page(200, answer(ID, TRUE, SLOT - 10 + 5 * count.fetch_add(1, Relaxed).min(2)))
    });
    let mut stage = Stage::follow(Source::Switchboard, vec![lone.await]);
    for age in [4_000, 2_000, 0] {
        let offer = stage.price().await;
        assert_eq!((offer.feed.id, offer.quote.price), (ID, Price(TRUE)));
        assert_eq!((offer.signed, offer.quote.published), (Millis(NOW - age), Millis(NOW - age)));
    }
    let account = Pubkey::from(ID);
    let path = format!("/secret-key/updates/solana/mainnet/{account}");
    assert_eq!(told.recv().await, Some(format!("{path}?api-key=hidden-key&numSignatures=3")));
    assert_eq!(stage.refused(), []);
}

#[tokio::test]
async fn who_misbehaves_is_left_for_the_next_host() {
    type Misbehaves = Box<dyn Fn() -> Response<Body> + Send + Sync>;
    let say = |text: String| -> Misbehaves { Box::new(move || page(200, text.clone())) };
    let good = answer(ID, TRUE, SLOT);
    let cases: Vec<(&str, Misbehaves)> = vec![
        ("failed", Box::new(|| page(404, "none"))),
        ("failed", Box::new(|| page(503, "down"))),
        ("failed", Box::new(|| page(200, parts(Vec::new())))),
        ("failed", Box::new(|| page(200, trickle()))),
        ("turned away", Box::new(|| page(429, "too many"))),
        ("unreadable", say("<html>".to_owned())),
        ("unreadable", say("[]".to_owned())),
        ("unreadable", say(good.replace("pullIxns", "pullIx"))),
        ("unreadable", say(good.replace("ef7c27b893de10f8", "2f9c2d19c84725d7"))),
        ("unreadable", say(good.replace("ef7c27b893de10f8", "zz7c27b893de10f8"))),
        ("unreadable", say(good.replace("ef7c27b893de10f8", ""))),
        ("unreadable", say(answer([8; 32], TRUE, SLOT))),
        ("unreadable", say(answer(ID, 0, SLOT))),
        ("unreadable", Box::new(|| page(200, parts(vec![vec![b' '; 1 << 16]; 17])))),
        ("stale", say(answer(ID, 1, SLOT - 100))),
        ("ahead", say(answer(ID, 1, SLOT + 200))),
    ];
    for (number, (reason, misbehaves)) in cases.into_iter().enumerate() {
        let first = host(move |_| misbehaves()).await;
        let mut stage = Stage::follow(Source::Switchboard, vec![first, sound().await]);
        assert_eq!(stage.price().await.quote.price, Price(TRUE), "{number}");
        assert_eq!(stage.refused(), [(reason, 1)], "{number}");
        stage.task.abort();
    }
}

#[tokio::test]
async fn what_the_chain_refuses_is_not_believed() {
    let liar = host(|_| page(200, answer(ID, TRUE * 2, SLOT))).await;
    let mut stage = Stage::follow(Source::Switchboard, vec![liar, sound().await]);
    assert_eq!(stage.price().await.quote.price, Price(TRUE * 2));
    stage.reports.send_modify(|(_, report)| {
        let source = report.posting.sources.get_mut(&Source::Switchboard);
        source.expect("its prices are brought").counts.disbelieved = 2;
    });
    while stage.price().await.quote.price != Price(TRUE) {}
    assert_eq!(stage.refused(), [("unbelieved", 1)]);
}
