//! Pyth's service Hermes: what it is asked, and what it says, read and judged.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use holdfast_client::pyth;
use holdfast_keeper_core::posting::{Offer, WantedFeed};
use holdfast_risk::Millis;
use serde::Deserialize;

use super::question::Question;
use super::{Refusal, judge};

/// An answer, or the data of an event, as far as it is read.
#[derive(Deserialize)]
struct Answer {
    binary: Binary,
}

#[derive(Deserialize)]
struct Binary {
    encoding: String,
    data: Vec<String>,
}

/// The stream of these feeds' prices, or the latest ones.
pub fn question(what: &str, feeds: &[WantedFeed]) -> Question {
    let ids = feeds.iter().map(|feed| ("ids[]".to_owned(), hex::encode(feed.id)));
    // One feed that a host does not know is no reason to give none.
    let options =
        [("encoding", "base64"), ("parsed", "false"), ("ignore_invalid_price_ids", "true")];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Question {
        path: ["v2", "updates", "price", what].map(str::to_owned).to_vec(),
        query: ids.chain(options).collect(),
    }
}

/// The prices of these feeds in what a host said.
pub fn read(
    said: &str,
    feeds: &[WantedFeed],
    venue_now: Millis,
) -> Result<Vec<Arc<Offer>>, Refusal> {
    let unreadable = |reason: &str| Refusal::Unreadable(reason.to_owned());
    let answer: Answer =
        serde_json::from_str(said).map_err(|_| unreadable("it is not in the form of an answer"))?;
    if answer.binary.encoding != "base64" {
        return Err(unreadable("it is not in the encoding that was asked for"));
    }
    let mut prices = Vec::new();
    for update in &answer.binary.data {
        let update = STANDARD.decode(update).map_err(|_| unreadable("it is not base64"))?;
        let read = pyth::read(&update).map_err(|reason| unreadable(&reason.to_string()))?;
        let wanted = |id: &[u8; 32]| feeds.iter().any(|feed| feed.id == *id);
        prices.extend(read.into_iter().filter(|price| wanted(&price.id)));
    }
    let newest = prices.iter().map(|price| price.signed).max();
    let newest = newest.ok_or_else(|| unreadable("it has no price that was asked for"))?;
    let latest = prices.iter().map(|price| price.quote.published).max().unwrap_or_default();
    judge(newest, latest, venue_now)?;
    Ok(prices.into_iter().map(|price| Arc::new(price.into())).collect())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use holdfast_client::Pubkey;
    use holdfast_risk::Millis;
    use holdfast_testkit::feed::Published;
    use holdfast_testkit::hermes;
    use serde_json::json;

    use super::{Refusal, WantedFeed, read};

    const NOW: u64 = 1_700_000_000_000;
    const ID: [u8; 32] = [7; 32];

    fn said(id: [u8; 32], published: u64, signed: u64) -> String {
        let update = hermes::update(&[(id, Published::new(150_000_000, published))], signed);
        let binary = json!({"encoding": "base64", "data": [STANDARD.encode(update)]});
        json!({"binary": binary, "parsed": null}).to_string()
    }

    fn wanted(id: [u8; 32]) -> WantedFeed {
        WantedFeed { id, account: Pubkey::default() }
    }

    fn judged(said: &str) -> Result<usize, Refusal> {
        read(said, &[wanted(ID)], Millis(NOW)).map(|prices| prices.len())
    }

    #[test]
    fn prices_are_read() {
        assert_eq!(judged(&said(ID, NOW, NOW)), Ok(1));
        let read = read(&said(ID, NOW - 5_000, NOW), &[wanted([1; 32]), wanted(ID)], Millis(NOW));
        let price = read.expect("an answer").remove(0);
        assert_eq!((price.feed.id, price.quote.published), (ID, Millis(NOW - 5_000)));
    }

    #[test]
    fn what_lies_about_time_is_refused() {
        // A market that is closed has an old price, signed anew.
        assert_eq!(judged(&said(ID, NOW - 86_400_000, NOW - 30_000)), Ok(1));
        assert_eq!(judged(&said(ID, NOW - 31_000, NOW - 31_000)), Err(Refusal::Stale));
        let day = Millis::DAY.0;
        assert_eq!(judged(&said(ID, NOW, NOW + day)), Ok(1));
        assert_eq!(judged(&said(ID, NOW, NOW + day + 1_000)), Err(Refusal::Ahead));
        assert_eq!(judged(&said(ID, NOW + day + 1_000, NOW)), Err(Refusal::Ahead));
    }

    #[test]
    fn garbage_is_refused() {
        let good = said(ID, NOW, NOW);
        let cases = [
            String::new(),
            "<html>".to_owned(),
            "{}".to_owned(),
            json!({"binary": {"encoding": "base64", "data": []}}).to_string(),
            good.replace("base64", "hex"),
            good.replace("UE5BVQ", "!!!!!!"),
            good.replace("UE5BVQ", "UE5BVA"),
            said([8; 32], NOW, NOW),
        ];
        for case in cases {
            assert!(matches!(judged(&case), Err(Refusal::Unreadable(_))), "{case}");
        }
    }
}
