//! What `holdfast config check` finds out about the bringing of prices.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use holdfast_client::feed::{self, Reading};
use holdfast_client::{Pubkey, address, pyth};
use holdfast_keeper_core::posting::{
    FeedId, PostingTerms, Source, WantedFeed, listed_of, prices_a_minute,
};
use holdfast_risk::Millis;
use holdfast_rpc::Address;
use solana_commitment_config::CommitmentConfig;

use super::host::Host;
use super::{Patience, Refusal, Seen, read};
use crate::config::Config;
use crate::render;

/// Of what may be begun within a minute, what is for prices that nobody waits for, per cent.
const UNAWAITED: u64 = 75;

/// The accounts that the settings name as feeds.
struct Named {
    accounts: Vec<Pubkey>,
    /// Those that hold a price, with what they say.
    read: Vec<(Pubkey, Reading)>,
    /// The slot they were so in.
    slot: u64,
}

/// Asks every host for the prices of the silo's feeds, and says what each answers, and whether the budget is
/// too small to keep all of them fresh.
///
/// # Errors
/// A sentence when there is nothing to bring, `feeds` lacks an account that is written to, or no host of a
/// service gives a price.
pub async fn check(config: &Config) -> Result<String, String> {
    let Some(terms) = config.posting() else { return Ok("brought by others".to_owned()) };
    let (markets, named) = (render::known_markets(config).await?, named(config).await?);
    // Each feed, with its account and how many of its prices a minute keep it fresh for the market that
    // needs most.
    let mut wanted = BTreeMap::<FeedId, (Pubkey, u64)>::new();
    for (_, market) in &markets {
        for (id, _) in listed_of(market, terms.sources) {
            let account = named.account_of(&id, &terms)?;
            let (_, needed) = wanted.entry(id).or_insert((account, 0));
            *needed = prices_a_minute(market).max(*needed);
        }
    }
    let mut said = Vec::new();
    for source in Source::ALL.into_iter().filter(|source| terms.sources.has(*source)) {
        let feeds = wanted.iter().filter(|(id, _)| id.source == source);
        let feeds = feeds.map(|(id, (account, _))| WantedFeed { id: id.id, account: *account });
        said.push(hosts(config, source, &feeds.collect::<Vec<_>>(), named.slot).await?);
    }
    let needed = wanted.values().fold(0, |sum: u64, (_, prices)| sum.saturating_add(*prices));
    said.extend(too_few(&terms, needed));
    Ok(said.join("; "))
}

async fn named(config: &Config) -> Result<Named, String> {
    let accounts = config.feeds()?;
    let (slot, found) = render::any(config, async |endpoint| {
        endpoint.accounts_at(&accounts, CommitmentConfig::processed()).await
    })
    .await?;
    let found = accounts.iter().zip(found);
    let read = found.filter_map(|(address, found)| {
        let found = found?;
        Some((*address, feed::read(address, &found.owner, &found.data)?))
    });
    let read = read.collect();
    Ok(Named { accounts, read, slot })
}

impl Named {
    /// The account of a feed.
    fn account_of(&self, id: &FeedId, terms: &PostingTerms) -> Result<Pubkey, String> {
        let account = match id.source {
            Source::Pyth => pyth::price_feed_address(terms.shard, &id.id),
            Source::Stork => address::stork_feed(&id.id),
            Source::Switchboard => {
                let provider = id.source.provider();
                let is = |it: &Reading| it.provider == provider && it.id == id.id;
                let found = self.read.iter().find(|(_, reading)| is(reading));
                return found.map(|(account, _)| *account).ok_or_else(|| {
                    format!(
                        "feeds names no account that holds a price of Switchboard's feed {id}: add it; the \
                         first price of a new one has to be posted by other means"
                    )
                });
            }
        };
        if self.accounts.contains(&account) {
            return Ok(account);
        }
        let or = if id.source == Source::Pyth { ", or choose another prices.shard" } else { "" };
        Err(format!(
            "feeds does not name {account}, the account that prices of {}'s feed {id} are brought to: \
             add it{or}",
            id.source.name()
        ))
    }
}

/// What the hosts of a service answer.
async fn hosts(
    config: &Config,
    source: Source,
    wanted: &[WantedFeed],
    slot: u64,
) -> Result<String, String> {
    let (setting, hosts) = config.prices.hosts(source);
    if wanted.is_empty() {
        return Err(format!(
            "{setting} names hosts, and no market of silo {} has a feed of {}: leave {setting} empty",
            config.silo,
            source.name(),
        ));
    }
    let given = join_all(hosts.iter().map(|host| count(source, host, wanted, slot))).await;
    let none = given.iter().all(|given| !matches!(given, Ok(1..)));
    let said = hosts.iter().zip(given).map(|(host, given)| match given {
        Ok(given) => format!("{host}: {given} of {} feeds", wanted.len()),
        Err(refusal) => format!("{host}: {refusal}"),
    });
    let said = said.collect::<Vec<_>>().join("; ");
    if none {
        let what = "check their addresses and tokens, or name others";
        return Err(format!("no host in {setting} gives a price ({said}): {what}"));
    }
    Ok(said)
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
async fn count(
    source: Source,
    host: &Address,
    wanted: &[WantedFeed],
    slot: u64,
) -> Result<usize, Refusal> {
    let said = Host::new(0, host, source, wanted, Patience::default()).latest().await?;
    let seen = Seen { venue_now: Millis(render::wall_clock()), slot };
    let prices = read(source, &said, wanted, seen)?;
    Ok(prices.iter().map(|price| price.feed).collect::<BTreeSet<_>>().len())
}
