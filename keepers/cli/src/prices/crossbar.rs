//! Switchboard's service Crossbar: what it is asked, and what it says, read and judged.

use std::sync::Arc;

use holdfast_client::switchboard::{self, ORACLES, SignedPrice};
use holdfast_keeper_core::posting::{Offer, WantedFeed};
use holdfast_risk::Millis;
use serde::Deserialize;

use super::question::Question;
use super::{Refusal, STALE, Seen};

/// The one cluster whose feeds the venue reads.
const NETWORK: &str = "mainnet";
/// How long a slot takes on a cluster that is well: oracles sign a slot, and no time.
const SLOT: u64 = 400;
/// Slots that oracles may be ahead of what the keeper's endpoints show.
const AHEAD: u64 = 150;

/// What is said of one feed, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    success: bool,
    #[serde(default)]
    pull_ixns: Vec<String>,
}

/// New prices of these feeds, signed by as many oracles as fit a transaction.
pub fn question(feeds: &[WantedFeed]) -> Question {
    let accounts: Vec<_> = feeds.iter().map(|feed| feed.account.to_string()).collect();
    Question {
        path: ["updates", "solana", NETWORK, &accounts.join(",")].map(str::to_owned).to_vec(),
        query: vec![("numSignatures".to_owned(), ORACLES.to_string())],
    }
}

/// The prices of these feeds in what a host said.
pub fn read(said: &str, feeds: &[WantedFeed], seen: Seen) -> Result<Vec<Arc<Offer>>, Refusal> {
    let unreadable = |reason: &str| Refusal::Unreadable(reason.to_owned());
    let updates: Vec<Update> =
        serde_json::from_str(said).map_err(|_| unreadable("it is not in the form of an answer"))?;
    let mut prices = Vec::new();
    // One feed whose oracles fail is no reason to take none.
    for update in updates.iter().filter(|update| update.success) {
        let price = signed(update)?;
        let wanted = feeds.iter().find(|feed| feed.account == price.account);
        prices.extend(wanted.map(|feed| (feed.id, price)));
    }
    let Seen { venue_now, slot } = seen;
    let newest = prices.iter().map(|(_, price)| price.slot).max();
    let newest = newest.ok_or_else(|| unreadable("it has no price that was asked for"))?;
    if newest.saturating_sub(slot) > AHEAD {
        return Err(Refusal::Ahead);
    }
    if slot.saturating_sub(newest) > STALE.0 / SLOT {
        return Err(Refusal::Stale);
    }
    let offers = prices.into_iter().map(|(id, price)| {
        let signed = Millis(venue_now.0.saturating_sub(slot.saturating_sub(price.slot) * SLOT));
        Arc::new(Offer::switchboard(id, signed, price))
    });
    Ok(offers.collect())
}

/// The price of an update: a check of signatures, and what is submitted.
fn signed(update: &Update) -> Result<SignedPrice, Refusal> {
    let unreadable = |reason: String| Refusal::Unreadable(reason);
    let [verify, submit] = &update.pull_ixns[..] else {
        return Err(unreadable("an update has not two instructions".to_owned()));
    };
    let bytes = |text: &String| hex::decode(text).map_err(|error| unreadable(error.to_string()));
    switchboard::read(&bytes(verify)?, &bytes(submit)?)
        .map_err(|reason| unreadable(reason.to_string()))
}
