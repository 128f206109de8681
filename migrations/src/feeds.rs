//! What stands at the feed accounts of a deployment, before its markets depend on them.

use std::collections::BTreeMap;

use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::{Pubkey, feed};
use holdfast_risk::Millis;
use holdfast_rpc::clock_of;
use solana_sdk_ids::sysvar::clock;

use crate::{Cluster, Deployment, MarketPlan, Place};

/// What is wrong with the feeds of a deployment, in sentences: retired, closed, unreadable or slow
/// ones, feeds whose account is not known, and feeds that share their publishers. None of it keeps
/// a market from being listed; all of it keeps one from having a price.
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
