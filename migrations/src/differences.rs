//! Where a cluster has something else than the deployment wants.

use holdfast_client::address;
use holdfast_client::holdfast::state::FeedSource;
use holdfast_client::holdfast::state::{ChainHealth, Exchange, Market, Silo};

use crate::account::read;
use crate::steps::padded;
use crate::{Cluster, Deployment, MarketPlan, Step};

/// Decimals of a collateral mint, and where a mint of the classic token program has them.
const DECIMALS: u8 = 6;
const DECIMALS_AT: usize = 44;

/// What stands on the cluster and is not as wanted, in phrases. Nothing here is changed by a
/// migration: that takes proposals, once the exchange is locked.
///
/// # Errors
/// A sentence when the cluster does not answer, or holds accounts this version does not read.
pub fn differences(cluster: &mut impl Cluster, wanted: &Deployment) -> Result<Vec<String>, String> {
    let Some(exchange) = read::<Exchange>(cluster, &address::exchange())? else {
        return Ok(Vec::new());
    };
    let guardians = exchange.guardians().iter().map(|guardian| guardian.key);
    let locked = exchange.is_locked();
    let mut found = Differences::default();
    found.note(exchange.fee_receiver == wanted.fee_receiver, || "another fee receiver".to_owned());
    found.note(!locked || guardians.eq(wanted.guardians.iter().copied()), || {
        "other guardians".to_owned()
    });
    found.note(!locked || exchange.timelock == wanted.timelock, || "another timelock".to_owned());
    let health = read::<ChainHealth>(cluster, &address::chain_health())?;
    let same = health.is_some_and(|health| health.thresholds == wanted.thresholds);
    found.note(same, || "other chain-health thresholds".to_owned());
    found.note(usize::from(exchange.silo_count) <= wanted.silos.len(), || {
        format!("{} silos, and {} are wanted", exchange.silo_count, wanted.silos.len())
    });
    for (number, plan) in (0_u16..).zip(&wanted.silos) {
        let home = address::silo(number);
        let Some(silo) = read::<Silo>(cluster, &home)? else { break };
        found.note(silo.terms == plan.terms, || format!("other terms of silo {number}"));
        found.note(usize::from(silo.market_count) <= plan.markets.len(), || {
            let wanted = plan.markets.len();
            format!("{} markets in silo {number}, and {wanted} are wanted", silo.market_count)
        });
        for (index, plan) in (0_u8..silo.market_count).zip(&plan.markets) {
            let Some(market) = read::<Market>(cluster, &address::market(&home, index))? else {
                break;
            };
            let place = format!("market {index} of silo {number}");
            found.market(&place, &market, plan)?;
        }
    }
    Ok(found.0)
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn note(&mut self, same: bool, difference: impl FnOnce() -> String) {
        if !same {
            self.0.push(difference());
        }
    }

    fn market(&mut self, place: &str, market: &Market, plan: &MarketPlan) -> Result<(), String> {
        let name = padded(&plan.name)?;
        self.note(market.name == name, || format!("another name of {place}"));
        self.note(market.terms == plan.terms, || format!("other terms of {place}"));
        let feeds = market.feeds.iter().take(usize::from(market.feed_count));
        let feeds = feeds.map(|feed| FeedSource { provider: feed.provider, id: feed.id });
        let same = feeds.eq(plan.feeds.sources.iter().copied());
        self.note(same && market.quorum == plan.feeds.quorum, || format!("other feeds of {place}"));
        Ok(())
    }
}

/// Refuses a mint that no silo can be created with.
///
/// # Errors
/// A sentence naming the mint.
pub fn check_mints(
    cluster: &mut impl Cluster,
    wanted: &Deployment,
    steps: &[Step],
) -> Result<(), String> {
    let created = steps.iter().filter_map(|step| match step {
        Step::CreateSilo(number) => wanted.silos.get(usize::from(*number)),
        _ => None,
    });
    for silo in created {
        let mint = silo.mint;
        let account = cluster.account(&mint)?.ok_or(format!(
            "there is no mint {mint} on this cluster: create it first, or name another"
        ))?;
        let decimals = account.data.get(DECIMALS_AT);
        if account.owner != anchor_spl::token::ID || decimals != Some(&DECIMALS) {
            return Err(format!(
                "{mint} is no mint of the classic token program with six decimals: name another"
            ));
        }
    }
    Ok(())
}
