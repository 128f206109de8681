use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use holdfast_client::pyth::{self, SignedPrice};
use holdfast_risk::{Millis, Price};
use holdfast_testkit::feed::Published;
use serde_json::Value;

use super::super::board::Board;
use super::super::control;
use super::super::path::Motion;
use super::{Due, Hermes, brought_account, feed_id};

const BTC: u64 = 100_000_000_000;
const NOW: u64 = 1_760_000_000_000;

/// A publisher's control that plays Hermes for one feed, and where it is.
async fn served() -> (Hermes, String) {
    let hermes = Hermes::new(&["BTC".to_owned()]);
    let path = Motion::Still.paths(&[BTC]).remove(0);
    let board = Board::new(vec![("BTC".to_owned(), brought_account("BTC"), path)], 1.0);
    let listen = "127.0.0.1:0".parse().unwrap();
    let address = control::serve(listen, board, hermes.pages()).await.unwrap();
    (hermes, format!("http://{address}"))
}

fn due(price: u64, at_ms: u64) -> Due {
    let published = Published::new(price, at_ms);
    Due { name: "BTC".to_owned(), address: brought_account("BTC"), published }
}

/// The one price in an answer.
fn price(said: &str) -> SignedPrice {
    let said: Value = serde_json::from_str(said).unwrap();
    let update = said["binary"]["data"][0].as_str().unwrap();
    let mut prices = pyth::read(&BASE64_STANDARD.decode(update).unwrap()).unwrap();
    assert_eq!(prices.len(), 1);
    prices.remove(0)
}

async fn page(url: String) -> String {
    reqwest::get(url).await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn prices_are_handed_out_as_keepers_read_them() {
    let (hermes, url) = served().await;
    let mut events = reqwest::get(format!("{url}/v2/updates/price/stream")).await.unwrap();
    hermes.offer(&[due(BTC, NOW)], NOW);
    let mut event = Vec::new();
    while !event.ends_with(b"\n\n") {
        event.extend_from_slice(&events.chunk().await.unwrap().unwrap());
    }
    let event = String::from_utf8(event).unwrap();
    let event = event.strip_prefix("data:").unwrap().trim_end();
    for said in [event, &page(format!("{url}/v2/updates/price/latest?ids[]=any")).await] {
        let price = price(said);
        assert_eq!((price.id, price.quote.price), (feed_id("BTC"), Price(BTC)));
        assert_eq!((price.quote.published, price.signed), (Millis(NOW), Millis(NOW)));
    }
}

#[tokio::test]
async fn a_feed_that_stops_says_its_last_price_under_a_new_signature() {
    let (hermes, url) = served().await;
    hermes.offer(&[], NOW);
    hermes.offer(&[due(BTC, NOW)], NOW);
    hermes.offer(&[], NOW + 60_000);
    let price = price(&page(format!("{url}/v2/updates/price/latest")).await);
    assert_eq!((price.quote.published, price.signed), (Millis(NOW), Millis(NOW + 60_000)));
}

#[tokio::test]
async fn feeds_are_listed_as_open() {
    let (_hermes, url) = served().await;
    let rows: Value = serde_json::from_str(&page(format!("{url}/v2/price_feeds")).await).unwrap();
    assert_eq!(rows[0]["attributes"]["symbol"], "Crypto.BTC/USD");
    assert_eq!(rows[0]["market_hours"]["is_open"], true);
    assert!(rows[0]["id"].as_str().unwrap().starts_with("425443000000"));
}
