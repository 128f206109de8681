//! What a plan itself shows of a market's feeds.

use std::collections::BTreeMap;

use holdfast_client::holdfast::oracle::Provider;

use crate::{MarketPlan, Place, SiloPlan, hex};

/// Feeds that are retired, have prices only where somebody brings them, share their publishers, or leave no
/// quorum when one publisher stops.
pub fn of_market(place: &Place, market: &MarketPlan) -> Vec<String> {
    let sources = &market.feeds.sources;
    let providers: Vec<_> =
        sources.iter().filter_map(|source| Provider::from_code(source.provider).ok()).collect();
    let mut warnings = Vec::new();
    if providers.contains(&Provider::PythPriceAccount) && !place.is_local() {
        warnings.push(
            "pyth-price-account is retired: Pyth ended these accounts on public clusters in 2024; \
             list pyth-pull, or another provider"
                .to_owned(),
        );
    }
    for (provider, setting) in [(Provider::Switchboard, "crossbar"), (Provider::Stork, "stork")] {
        if providers.contains(&provider) && !place.is_local() {
            warnings.push(format!(
                "nobody writes to a feed of {provider:?} by itself: name hosts in prices.{setting} of every \
                 keeper, or arrange for somebody else to post"
            ));
        }
    }
    let mut count = BTreeMap::new();
    for provider in providers {
        *count.entry(operator(provider)).or_insert(0_usize) += 1;
    }
    let (quorum, all) = (usize::from(market.feeds.quorum), sources.len());
    for (operator, feeds) in count {
        if feeds > 1 {
            warnings.push(format!(
                "{feeds} of its {all} feeds are {operator}'s and have the same publishers: what stops one \
                 stops all of them, so they are one provider of the quorum"
            ));
        }
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

/// Feeds that two markets of a silo list.
pub fn of_silo(silo: &SiloPlan) -> Vec<String> {
    let mut known = BTreeMap::<(u8, [u8; 32]), &str>::new();
    let mut warnings = Vec::new();
    for market in &silo.markets {
        for source in &market.feeds.sources {
            let other = known.insert((source.provider, source.id), &market.name);
            warnings.extend(other.map(|other| {
                format!(
                    "{}: {other} lists the same feed, {}: unless both are to follow one asset, one of them \
                     has a wrong price",
                    market.name,
                    hex::write(&source.id)
                )
            }));
        }
    }
    warnings
}

/// Who stops with all of a provider's feeds.
const fn operator(provider: Provider) -> &'static str {
    match provider {
        Provider::PythPull | Provider::PythPriceAccount => "Pyth",
        Provider::Switchboard => "Switchboard",
        Provider::Stork => "Stork",
    }
}
