//! What stands at the feed accounts of a deployment, before its markets depend on them.

use std::collections::BTreeMap;

use holdfast_client::feed::{self, Reading};
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::oracle::switchboard::layout;
use holdfast_client::switchboard::ORACLES;
use holdfast_client::{Pubkey, pyth};
use holdfast_risk::Millis;
use holdfast_rpc::clock_of;
use solana_sdk_ids::sysvar::clock;

use crate::{Cluster, Deployment, MarketPlan, Place};

/// How often Pyth itself writes to its accounts of the push oracle's shard 0 where the price stands still.
const PYTH_WRITES: Millis = Millis::MINUTE;
/// The least a market should give prices that keepers bring, from their publication to their storage: they
/// take two transactions and a refresh.
const BRINGING_TAKES: Millis = Millis(10_000);

/// What is wrong with the feeds of a deployment, in sentences: retired, closed, unreadable or slow
/// ones, some that can be closed, feeds whose account is not known, and feeds that share their
/// publishers. None of it keeps a market from being listed; all of it keeps one from having a price.
///
/// # Errors
/// A sentence when the cluster does not answer.
pub fn check_feeds(
    cluster: &mut impl Cluster,
    place: &Place,
    wanted: &Deployment,
    accounts: &[(u16, u8, Pubkey)],
) -> Result<Vec<String>, String> {
    let now = cluster.account(&clock::ID)?.and_then(|found| clock_of(&found.data));
    let mut warnings = Vec::new();
    for (number, silo) in (0_u16..).zip(&wanted.silos) {
        for (index, market) in (0_u8..).zip(&silo.markets) {
            let here =
                accounts.iter().filter(|(silo, market, _)| (*silo, *market) == (number, index));
            let here: Vec<_> = here.map(|(.., account)| *account).collect();
            let mut found = of_plan(place, market);
            found.extend(of_accounts(cluster, market, &here, now)?);
            warnings.extend(found.into_iter().map(|what| format!("{}: {what}", market.name)));
        }
    }
    Ok(warnings)
}

/// What the plan itself shows.
fn of_plan(place: &Place, market: &MarketPlan) -> Vec<String> {
    let sources = &market.feeds.sources;
    let providers: Vec<_> =
        sources.iter().filter_map(|source| Provider::from_code(source.provider).ok()).collect();
    let has = |provider| providers.contains(&provider);
    let mut warnings = Vec::new();
    if has(Provider::PythPriceAccount) && !place.is_local() {
        warnings.push(
            "pyth-price-account is retired: Pyth ended these accounts on public clusters in 2024; \
             list pyth-pull, or another provider"
                .to_owned(),
        );
    }
    if has(Provider::PythPriceAccount) && has(Provider::PythPull) {
        warnings.push(
            "pyth-pull and pyth-price-account have the same publishers: what stops one stops both, \
             so they are one provider of the quorum"
                .to_owned(),
        );
    }
    for (provider, setting) in [(Provider::Switchboard, "crossbar"), (Provider::Stork, "stork")] {
        if has(provider) && !place.is_local() {
            warnings.push(format!(
                "nobody writes to a feed of {provider:?} by itself: name hosts in prices.{setting} of every \
                 keeper, or arrange for somebody else to post"
            ));
        }
    }
    let operators = providers.iter().map(|provider| match provider {
        Provider::PythPull | Provider::PythPriceAccount => "Pyth",
        Provider::Switchboard => "Switchboard",
        Provider::Stork => "Stork",
    });
    let count = operators.fold(BTreeMap::new(), |mut count, operator| {
        *count.entry(operator).or_insert(0_usize) += 1;
        count
    });
    let (quorum, all) = (usize::from(market.feeds.quorum), sources.len());
    for (operator, feeds) in count {
        if all > feeds && all - feeds < quorum {
            warnings.push(format!(
                "when {operator} stops, {} of {all} feeds are left and {quorum} have to agree: the \
                 market then has no price",
                all - feeds
            ));
        }
    }
    warnings
}

/// What the accounts show.
fn of_accounts(
    cluster: &mut impl Cluster,
    market: &MarketPlan,
    accounts: &[Pubkey],
    now: Option<Millis>,
) -> Result<Vec<String>, String> {
    let (mut warnings, mut read) = (Vec::new(), Vec::new());
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
        if !market
            .feeds
            .sources
            .iter()
            .any(|it| it.provider == reading.provider && it.id == reading.id)
        {
            warnings.push(format!("{address} is not one of the feeds that the market lists"));
        }
        if read.contains(&(reading.provider, reading.id)) {
            warnings.push(format!("{address} repeats a feed that another account has already"));
        }
        read.push((reading.provider, reading.id));
        if reading.provider == Provider::PythPull as u8 {
            warnings.extend(of_pyth(address, &reading, &found.data, market));
        }
        if reading.provider == Provider::Switchboard as u8 {
            warnings.extend(of_switchboard(address, &found.data));
        }
        let age = now.map_or(Millis(0), |now| now.since(reading.quote.published));
        if age.0 > market.terms.age_ms {
            warnings.push(format!(
                "{address} was last posted to {} s ago and the market takes prices of {} s: somebody \
                 has to post more often, or age_ms has to be more",
                age.0 / 1_000,
                market.terms.age_ms / 1_000
            ));
        }
    }
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
