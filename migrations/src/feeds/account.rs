//! What the feed accounts of a market show.

use holdfast_client::feed::{self, Reading};
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::oracle::switchboard::layout;
use holdfast_client::switchboard::ORACLES;
use holdfast_client::{Pubkey, pyth};
use holdfast_risk::Millis;

use crate::{Catalogue, Cluster, MarketPlan};

/// How often Pyth itself writes to its accounts of the push oracle's shard 0 where the price stands still.
const PYTH_WRITES: Millis = Millis::MINUTE;
/// The least a market should give prices that keepers bring, from their publication to their storage: they
/// take two transactions and a refresh.
const BRINGING_TAKES: Millis = Millis(10_000);
/// A price that is older was not just brought too seldom: nobody publishes it, for now or for good.
const SILENT: Millis = Millis::HOUR;

/// Accounts that are not there, cannot be read, can be closed, are another feed's or have an old price; feeds
/// that contradict one another; and feeds without an account.
pub fn of_market(
    cluster: &mut impl Cluster,
    market: &MarketPlan,
    accounts: &[Pubkey],
    now: Option<Millis>,
    catalogue: Option<&Catalogue>,
) -> Result<Vec<String>, String> {
    let (mut warnings, mut read) = (Vec::new(), Vec::<Reading>::new());
    for address in accounts {
        let Some(found) = cluster.account(address)? else {
            warnings.push(format!(
                "there is no feed account {address}: it was closed, or nobody has posted there yet"
            ));
            continue;
        };
        let Some(reading) = feed::read(address, &found.owner, &found.data) else {
            warnings.push(format!(
                "{address} holds no price that the program reads: its owner is {}",
                found.owner
            ));
            continue;
        };
        let same = |provider: u8, id: [u8; 32]| (provider, id) == (reading.provider, reading.id);
        if !market.feeds.sources.iter().any(|it| same(it.provider, it.id)) {
            warnings.push(format!("{address} is not one of the feeds that the market lists"));
        }
        if read.iter().any(|it| same(it.provider, it.id)) {
            warnings.push(format!("{address} repeats a feed that another account has already"));
        }
        if reading.provider == Provider::PythPull as u8 {
            warnings.extend(of_pyth(address, &reading, &found.data, market));
        }
        if reading.provider == Provider::Switchboard as u8 {
            warnings.extend(of_switchboard(address, &found.data));
        }
        warnings.extend(now.and_then(|now| of_age(address, &reading, market, now, catalogue)));
        read.push(reading);
    }
    warnings.extend(now.and_then(|now| of_prices(&read, market, now)));
    if accounts.len() < market.feeds.sources.len() {
        warnings.push(format!(
            "{} of {} feeds have no account in the plan: keepers find them only where `feeds` names \
             them",
            market.feeds.sources.len() - accounts.len(),
            market.feeds.sources.len()
        ));
    }
    Ok(warnings)
}

/// What an account of Switchboard shows besides its price: whether what keepers bring is enough for it.
fn of_switchboard(address: &Pubkey, data: &[u8]) -> Option<String> {
    let samples = usize::from(*data.get(layout::MIN_SAMPLE_SIZE)?);
    (samples > ORACLES).then(|| {
        format!(
            "{address} asks for {samples} samples, and a keeper brings {ORACLES} at a time: list a feed that \
             asks for {ORACLES}, or several keepers have to post within its max_staleness"
        )
    })
}

/// What an account of Pyth's pull oracle shows besides its price: whether somebody can close it, and whether
/// Pyth itself writes to it often enough.
fn of_pyth(address: &Pubkey, reading: &Reading, data: &[u8], market: &MarketPlan) -> Vec<String> {
    let mut warnings = Vec::new();
    // Its writer, after the discriminator: the push oracle's accounts have themselves.
    let writer = data.get(8..40).and_then(|bytes| Pubkey::try_from(bytes).ok());
    if let Some(writer) = writer.filter(|writer| writer != address) {
        warnings.push(format!(
            "{address} is written by {writer}, who can close it: list the account of Pyth's push oracle, \
             which nobody can close, {} in shard 0",
            pyth::price_feed_address(0, &reading.id)
        ));
    }
    let terms = &market.terms;
    let is_pyths = *address == pyth::price_feed_address(0, &reading.id);
    if is_pyths && terms.age_ms < PYTH_WRITES.0 {
        warnings.push(format!(
            "Pyth itself writes to {address} once a minute while the price stands still, and the market takes \
             prices of {} s: name hosts in prices.hermes of every keeper, or make age_ms {} or more",
            terms.age_ms / 1_000,
            PYTH_WRITES.0
        ));
    }
    if is_pyths && terms.decide_within_ms < BRINGING_TAKES.0 {
        warnings.push(format!(
            "prices decide orders and liquidations only if they are stored within decide_within_ms, {} here, \
             and keepers take seconds to bring one to {address}: make it {}",
            terms.decide_within_ms, BRINGING_TAKES.0
        ));
    }
    warnings
}

/// Why an account's price is too old for the market, if it is: its market is closed, nobody publishes it, or
/// nobody brings it often enough.
fn of_age(
    address: &Pubkey,
    reading: &Reading,
    market: &MarketPlan,
    now: Millis,
    catalogue: Option<&Catalogue>,
) -> Option<String> {
    let age = now.since(reading.quote.published);
    if age.0 <= market.terms.age_ms {
        return None;
    }
    let of_pyth = reading.provider == Provider::PythPull as u8;
    let listed = catalogue.filter(|_| of_pyth).and_then(|list| list.feed(&reading.id));
    let (seconds, hours) = (age.0 / 1_000, age.0 / Millis::HOUR.0);
    if let Some(feed) = listed.filter(|feed| feed.is_closed(now)) {
        return Some(format!(
            "the market of {} is closed now: the last price of {address} is {seconds} s old, and no newer one \
             comes before it opens",
            feed.symbol
        ));
    }
    Some(if age > SILENT {
        format!(
            "the last price of {address} is {hours} hours old: its market is closed, nobody brings its prices, \
             or nobody publishes it any more"
        )
    } else {
        format!(
            "{address} was last posted to {seconds} s ago and the market takes prices of {} s: somebody \
             has to post more often, or age_ms has to be more",
            market.terms.age_ms / 1_000
        )
    })
}

/// Whether feeds whose prices the market would take are further apart than it lets them be: then they follow
/// different assets, or one of them is wrong.
fn of_prices(read: &[Reading], market: &MarketPlan, now: Millis) -> Option<String> {
    let (age, most) = (Millis(market.terms.age_ms), u128::from(market.terms.divergence_bps));
    let quotes = read.iter().map(|reading| reading.quote);
    let fresh = quotes.filter(|quote| now.since(quote.published) <= age);
    let prices: Vec<_> = fresh.map(|quote| quote.price.0).collect();
    let (low, high) = (*prices.iter().min()?, *prices.iter().max()?);
    let apart = u128::from(high - low) * 10_000;
    (apart > u128::from(low) * most).then(|| {
        format!(
            "its feeds say prices from {low} to {high} millionths, further apart than divergence_bps, {most} \
             here: one of them follows another asset, or is wrong"
        )
    })
}
