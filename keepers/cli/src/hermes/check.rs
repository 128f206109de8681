//! What `holdfast config check` finds out about the bringing of prices.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use holdfast_client::pyth::price_feed_address;
use holdfast_keeper_core::posting::{FeedId, pyth_feeds};
use holdfast_risk::Millis;
use holdfast_rpc::Address;

use super::host::Host;
use super::{Patience, Refusal, answer};
use crate::config::Config;
use crate::render;

/// Asks every host for the prices of the silo's feeds, and says what each answers.
///
/// # Errors
/// A sentence when there is nothing to bring, `feeds` lacks an account that is written to, or no host gives
/// a price.
pub async fn check(config: &Config) -> Result<String, String> {
    let Some(terms) = config.posting() else { return Ok("brought by others".to_owned()) };
    let (markets, named) = (render::known_markets(config).await?, config.feeds()?);
    let mut wanted = BTreeSet::new();
    for feed in markets.iter().flat_map(|(_, market)| pyth_feeds(market)) {
        let (id, account) = (FeedId(feed.id), price_feed_address(terms.shard, &feed.id));
        if !named.contains(&account) {
            return Err(format!(
                "feeds does not name {account}, the account that prices of Pyth's feed {id} are brought to: \
                 add it, or choose another prices.shard"
            ));
        }
        wanted.insert(id);
    }
    if wanted.is_empty() {
        return Err(format!(
            "prices.hermes names hosts, and no market of silo {} has a feed of Pyth's pull oracle: leave \
             prices.hermes empty",
            config.silo
        ));
    }
    let wanted: Vec<_> = wanted.into_iter().collect();
    let hosts = &config.prices.hermes.0;
    let given = join_all(hosts.iter().map(|host| count(host, &wanted))).await;
    let none = given.iter().all(|given| !matches!(given, Ok(1..)));
    let said = hosts.iter().zip(given).map(|(host, given)| match given {
        Ok(given) => format!("{host}: {given} of {} feeds", wanted.len()),
        Err(refusal) => format!("{host}: {refusal}"),
    });
    let said = said.collect::<Vec<_>>().join("; ");
    if none {
        let what = "check their addresses and tokens, or name others";
        return Err(format!("no host in prices.hermes gives a price ({said}): {what}"));
    }
    Ok(said)
}

/// Of how many feeds a host gives a price.
async fn count(host: &Address, wanted: &[FeedId]) -> Result<usize, Refusal> {
    let said = Host::new(0, host, wanted, Patience::default()).latest().await?;
    let prices = answer::read(&said, wanted, Millis(render::wall_clock()))?;
    Ok(prices.iter().map(|price| price.id).collect::<BTreeSet<_>>().len())
}
