//! Endpoints, chain, books and markets at a glance.

use holdfast_client::holdfast::state::{ChainHealth, Market, Silo};
use holdfast_client::{Pubkey, address, decode};
use holdfast_risk::chain_health::{Monitor, State};

use super::{ago, amount, facts, first, name, read, table, wall_clock};
use crate::config::Config;
use crate::rpc::Endpoint;

/// Shows everything at a glance.
pub async fn status(config: &Config) -> Result<(), String> {
    println!("{}", table(["endpoint", "slot", "block height"], endpoints(config).await));
    let endpoint = first(config)?;
    let health: ChainHealth = read(&endpoint, "exchange", &address::chain_health()).await?;
    println!("{}", facts(&chain(&health)));
    let silo_address = address::silo(config.silo);
    let silo: Silo = read(&endpoint, "silo", &silo_address).await?;
    println!("{}", facts(&books(&silo_address, &silo)));
    let markets = markets(&endpoint, &silo_address, &silo).await?;
    println!("{}", table(["market", "price", "published", "longs", "shorts"], markets));
    Ok(())
}

async fn endpoints(config: &Config) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for endpoint in Endpoint::all(config) {
        let (slot, height) = match endpoint.epoch().await {
            Ok((slot, height)) => (slot.to_string(), height.to_string()),
            Err(reason) => (reason, String::new()),
        };
        rows.push([endpoint.address.to_string(), slot, height]);
    }
    rows
}

/// A state in words.
pub fn state(state: State) -> &'static str {
    match state {
        State::Normal => "normal",
        State::Strained => "strained: opening and withdrawing need more margin",
        State::Throttled => "throttled: after a break, opening needs more margin",
        State::Thaw => "thaw: after a break, the worst accounts are liquidated first",
        State::Shelter => "shelter: the chain broke, nothing opens",
    }
}

fn chain(health: &ChainHealth) -> Vec<(&'static str, String)> {
    let monitor = Monitor::from(&health.monitor);
    let now = wall_clock();
    vec![
        ("chain", state(monitor.state).to_owned()),
        ("since", ago(monitor.since.0, now)),
        ("observed", ago(monitor.seen.0, now)),
        ("last break", ago(monitor.broke.0, now)),
        ("slot", format!("{} ms", u64::from(monitor.baseline_us) / 1_000)),
    ]
}

pub(super) fn books(address: &Pubkey, silo: &Silo) -> Vec<(&'static str, String)> {
    let ledger = &silo.ledger;
    vec![
        ("silo", address.to_string()),
        ("mint", silo.mint.to_string()),
        ("collateral", amount(ledger.collateral)),
        ("liquidity", amount(ledger.liquidity)),
        ("insurance", amount(ledger.insurance)),
        ("protocol fees", amount(ledger.protocol)),
        ("waiting deposits", amount(ledger.queued)),
        ("pending profit", amount(ledger.pending_profit)),
        ("open positions", amount(silo.open_notional)),
        ("markets", silo.market_count.to_string()),
    ]
}

async fn markets(
    endpoint: &Endpoint,
    silo_address: &Pubkey,
    silo: &Silo,
) -> Result<Vec<[String; 5]>, String> {
    let addresses: Vec<_> =
        (0..silo.market_count).map(|index| address::market(silo_address, index)).collect();
    let found = endpoint.accounts(&addresses).await?;
    let now = wall_clock();
    let rows = found.into_iter().flatten().filter_map(|found| {
        let market: Market = decode::decode(&found.data).ok()?;
        let newest = market.newest_price();
        let (longs, shorts) = (amount(market.longs.size), amount(market.shorts.size));
        let published = ago(newest.published.0, now);
        Some([name(&market.name), amount(newest.middle().0), published, longs, shorts])
    });
    Ok(rows.collect())
}
