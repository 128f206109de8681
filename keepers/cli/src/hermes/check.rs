//! What `holdfast config check` finds out about the bringing of prices.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use holdfast_client::pyth::price_feed_address;
use holdfast_keeper_core::posting::{FeedId, PostingTerms, prices_a_minute, pyth_feeds};
use holdfast_risk::Millis;
use holdfast_rpc::Address;

use super::host::Host;
use super::{Patience, Refusal, answer};
use crate::config::Config;
use crate::render;

/// Of what may be begun within a minute, what is for prices that nobody waits for, per cent.
const UNAWAITED: u64 = 75;

/// Asks every host for the prices of the silo's feeds, and says what each answers, and whether the budget is
/// too small to keep all of them fresh.
///
/// # Errors
/// A sentence when there is nothing to bring, `feeds` lacks an account that is written to, or no host gives
/// a price.
pub async fn check(config: &Config) -> Result<String, String> {
    let Some(terms) = config.posting() else { return Ok("brought by others".to_owned()) };
    let (markets, named) = (render::known_markets(config).await?, config.feeds()?);
    // Each feed, with how many of its prices a minute keep it fresh for the market that needs most.
    let mut wanted = BTreeMap::<FeedId, u64>::new();
    for (_, market) in &markets {
        for feed in pyth_feeds(market) {
            let (id, account) = (FeedId(feed.id), price_feed_address(terms.shard, &feed.id));
            if !named.contains(&account) {
                return Err(format!(
                    "feeds does not name {account}, the account that prices of Pyth's feed {id} are brought \
                     to: add it, or choose another prices.shard"
                ));
            }
            let needed = wanted.entry(id).or_default();
            *needed = prices_a_minute(market).max(*needed);
        }
    }
    if wanted.is_empty() {
        return Err(format!(
            "prices.hermes names hosts, and no market of silo {} has a feed of Pyth's pull oracle: leave \
             prices.hermes empty",
            config.silo
        ));
    }
    let needed = wanted.values().fold(0, |sum: u64, prices| sum.saturating_add(*prices));
    let wanted: Vec<_> = wanted.into_keys().collect();
    let hosts = &config.prices.hermes.0;
    let given = join_all(hosts.iter().map(|host| count(host, &wanted))).await;
    let none = given.iter().all(|given| !matches!(given, Ok(1..)));
    let said = hosts.iter().zip(given).map(|(host, given)| match given {
        Ok(given) => format!("{host}: {given} of {} feeds", wanted.len()),
        Err(refusal) => format!("{host}: {refusal}"),
    });
    let mut said: Vec<_> = said.collect();
    if none {
        let (said, what) = (said.join("; "), "check their addresses and tokens, or name others");
        return Err(format!("no host in prices.hermes gives a price ({said}): {what}"));
    }
    said.extend(too_few(&terms, needed));
    Ok(said.join("; "))
}

/// A sentence where the budget does not keep feeds fresh that need so many prices a minute.
fn too_few(terms: &PostingTerms, needed: u64) -> Option<String> {
    let enough = needed.saturating_mul(100).div_ceil(UNAWAITED);
    (u64::from(terms.posts_a_minute) < enough).then(|| {
        format!(
            "{needed} prices a minute keep all feeds fresh, and of prices.posts_a_minute, which is {}, three \
             quarters are for that: make it {enough} or more, unless other keepers bring prices too",
            terms.posts_a_minute
        )
    })
}

/// Of how many feeds a host gives a price.
async fn count(host: &Address, wanted: &[FeedId]) -> Result<usize, Refusal> {
    let said = Host::new(0, host, wanted, Patience::default()).latest().await?;
    let prices = answer::read(&said, wanted, Millis(render::wall_clock()))?;
    Ok(prices.iter().map(|price| price.id).collect::<BTreeSet<_>>().len())
}
