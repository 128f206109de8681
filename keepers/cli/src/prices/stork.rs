//! Stork's REST API: what it is asked, and what it says, read and judged.

use std::sync::Arc;

use holdfast_client::stork::{SignedPrice, feed_id};
use holdfast_keeper_core::posting::{Offer, WantedFeed};
use holdfast_risk::Millis;
use serde::Deserialize;
use serde_json::Value;

use super::question::Question;
use super::{Refusal, judge};

/// The names of all assets.
#[derive(Deserialize)]
struct Assets {
    data: Vec<String>,
}

/// What Stork signed of an asset, as far as it is read.
#[derive(Deserialize)]
struct Signed {
    encoded_asset_id: String,
    price: String,
    timestamped_signature: TimestampedSignature,
    publisher_merkle_root: String,
    calculation_alg: Algorithm,
}

#[derive(Deserialize)]
struct TimestampedSignature {
    signature: Signature,
    timestamp: u64,
}

#[derive(Deserialize)]
struct Signature {
    r: String,
    s: String,
    v: String,
}

#[derive(Deserialize)]
struct Algorithm {
    checksum: String,
}

/// The names of all assets: prices are asked for by name, and feeds go by its hash.
pub fn assets_question() -> Question {
    Question { path: ["v1", "prices", "assets"].map(str::to_owned).to_vec(), query: Vec::new() }
}

/// The names of these feeds' assets.
pub fn names(said: &str, feeds: &[WantedFeed]) -> Result<Vec<String>, Refusal> {
    let unreadable = |reason: &str| Refusal::Unreadable(reason.to_owned());
    let assets: Assets =
        serde_json::from_str(said).map_err(|_| unreadable("it is no list of assets"))?;
    let wanted = |name: &String| {
        let id = feed_id(name);
        feeds.iter().any(|feed| feed.id == id)
    };
    let names: Vec<_> = assets.data.into_iter().filter(wanted).collect();
    if names.is_empty() {
        return Err(unreadable("it has no asset that was asked for"));
    }
    Ok(names)
}

/// The latest prices of these assets.
pub fn question(names: &[String]) -> Question {
    Question {
        path: ["v1", "prices", "latest"].map(str::to_owned).to_vec(),
        query: vec![("assets".to_owned(), names.join(","))],
    }
}

/// The prices of these feeds in what a host said.
pub fn read(
    said: &str,
    feeds: &[WantedFeed],
    venue_now: Millis,
) -> Result<Vec<Arc<Offer>>, Refusal> {
    let unreadable = |reason: &str| Refusal::Unreadable(reason.to_owned());
    let answer: Value =
        serde_json::from_str(said).map_err(|_| unreadable("it is not in the form of an answer"))?;
    let mut offers = Vec::new();
    for entry in entries(&answer) {
        let signed = entry.get("stork_signed_price").map(Signed::deserialize);
        let Some(signed) = signed else { continue };
        let signed = signed.ok().and_then(|signed| price(&signed));
        let signed = signed.ok_or_else(|| unreadable("a signed price is not in the known form"))?;
        if feeds.iter().any(|feed| feed.id == signed.id) {
            let offer = Offer::stork(signed).ok_or_else(|| unreadable("a price is none"))?;
            offers.push(Arc::new(offer));
        }
    }
    let newest = offers.iter().map(|offer| offer.signed).max();
    let newest = newest.ok_or_else(|| unreadable("it has no price that was asked for"))?;
    judge(newest, newest, venue_now)?;
    Ok(offers)
}

/// What is said of each asset. Stork's pages show it as it is and below `data`, by name and in a list.
fn entries(answer: &Value) -> Vec<&Value> {
    match answer.get("data").unwrap_or(answer) {
        Value::Object(by_name) => by_name.values().collect(),
        Value::Array(list) => list.iter().collect(),
        _ => Vec::new(),
    }
}

/// A price as the chain is told of it; `None` where a part cannot be read.
fn price(signed: &Signed) -> Option<SignedPrice> {
    let Signature { r, s, v } = &signed.timestamped_signature.signature;
    let [v] = bytes(v)?;
    Some(SignedPrice {
        id: bytes(&signed.encoded_asset_id)?,
        timestamp: signed.timestamped_signature.timestamp,
        value: signed.price.parse().ok()?,
        publishers: bytes(&signed.publisher_merkle_root)?,
        algorithm: bytes(&signed.calculation_alg.checksum)?,
        r: bytes(r)?,
        s: bytes(s)?,
        v,
    })
}

/// Bytes in hexadecimal digits, with or without what says so.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let digits = text.strip_prefix("0x").unwrap_or(text);
    hex::decode_to_slice(digits, &mut bytes).ok().map(|()| bytes)
}
