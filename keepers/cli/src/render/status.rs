//! Endpoints, chain, books and markets at a glance.

use futures_util::future::join_all;
use holdfast_client::holdfast::state::{ChainHealth, Market, Silo};
use holdfast_client::{Pubkey, address};
use holdfast_risk::Millis;
use holdfast_risk::chain::health::{ChainSample, Monitor, SKIP_WINDOW, State, Thresholds, skipped};
use serde_json::{Value, json};

use super::market::all as all_markets;
use super::{ago, amount, facts, name, read, table, wall_clock};
use crate::asking::first_answer;
use crate::config::Config;
use crate::output::{CommandOutput, joined, moment};
use crate::preflight::{level_first, same_cluster};
use holdfast_rpc::Endpoint;

/// The chain, the books and the markets, of one endpoint.
struct Seen {
    health: ChainHealth,
    /// The state that the program would find now.
    now: State,
    silo: Silo,
    markets: Vec<(Pubkey, Market)>,
}

/// An endpoint and where it is: slot and block height, or why it does not say.
type Place = (Endpoint, Result<(u64, u64), String>);

/// Shows everything at a glance, as the first endpoint has it that answers and is where others are.
pub async fn status(config: &Config) -> CommandOutput {
    let (places, stranger) = places(config).await;
    let said = at_a_glance(config, places).await;
    match stranger {
        Some(reason) => said.failing(reason),
        None => said,
    }
}

async fn at_a_glance(config: &Config, places: Vec<Place>) -> CommandOutput {
    let endpoints = table(["endpoint", "slot", "block height"], places.iter().map(row));
    let facts = json!({"endpoints": places.iter().map(place).collect::<Vec<_>>()});
    let answering = places.into_iter().filter_map(|(endpoint, found)| {
        let (slot, _) = found.ok()?;
        Some((endpoint, Some(slot)))
    });
    let answering = level_first(answering.collect());
    if answering.is_empty() {
        let reason = "no endpoint answers: check rpc and the network".to_owned();
        return CommandOutput::new(endpoints, facts).failing(reason);
    }
    let silo = address::silo(config.silo);
    match first_answer(&answering, async |endpoint| see(endpoint, &silo).await).await {
        Ok(seen) => {
            let text = format!("{endpoints}\n{}", text(&silo, &seen));
            CommandOutput::new(text, joined(facts, to_json(&silo, &seen)))
        }
        Err(reason) => CommandOutput::new(endpoints, facts).failing(reason),
    }
}

/// All endpoints, and what is wrong with the first that is on another cluster.
async fn places(config: &Config) -> (Vec<Place>, Option<String>) {
    let asked = Endpoint::all(&config.rpc).into_iter().map(async |endpoint| {
        let found = tokio::try_join!(endpoint.genesis(), endpoint.epoch());
        (endpoint, found)
    });
    let (mut known, mut stranger) = (config.genesis.clone(), None);
    let places = join_all(asked).await.into_iter().map(|(endpoint, found)| {
        let found = found.and_then(|(genesis, at)| {
            let same = same_cluster(&mut known, &endpoint, genesis);
            same.map(|()| at).inspect_err(|reason| {
                stranger.get_or_insert_with(|| reason.clone());
            })
        });
        (endpoint, found)
    });
    (places.collect(), stranger)
}

fn row((endpoint, found): &Place) -> [String; 3] {
    let (slot, height) = match found {
        Ok((slot, height)) => (slot.to_string(), height.to_string()),
        Err(reason) => (reason.clone(), String::new()),
    };
    [endpoint.address.to_string(), slot, height]
}

fn place((endpoint, found): &Place) -> Value {
    let found = found.as_ref();
    json!({
        "endpoint": endpoint.address.to_string(),
        "slot": found.ok().map(|(slot, _)| slot),
        "block_height": found.ok().map(|(_, height)| height),
        "error": found.err(),
    })
}

async fn see(endpoint: &Endpoint, silo_address: &Pubkey) -> Result<Seen, String> {
    let health: ChainHealth = read(endpoint, "exchange", &address::chain_health()).await?;
    let silo: Silo = read(endpoint, "silo", silo_address).await?;
    Ok(Seen {
        now: state_now(endpoint, &health).await?,
        markets: all_markets(endpoint, silo_address, &silo).await?,
        health,
        silo,
    })
}

/// The state of the chain as the program would judge it now; what is recorded is what it found when
/// somebody last observed.
///
/// # Errors
/// A sentence when the endpoint does not answer.
pub async fn state_now(endpoint: &Endpoint, health: &ChainHealth) -> Result<State, String> {
    let last = Monitor::from(&health.monitor);
    let progress = endpoint.progress(&[], None).await?.progress;
    let slots = endpoint.two_slots(SKIP_WINDOW).await?;
    let seen = ChainSample {
        slot: progress.slot,
        clock: progress.clock,
        now: last.now(progress.clock, progress.slot, Millis(0)),
        proven: Millis(0),
        restart_slot: Some(progress.restart_slot),
        skipped: slots.and_then(|(newest, older)| skipped(newest, older)),
    };
    Ok(last.guard(&seen, &Thresholds::from(&health.thresholds)).state)
}

/// A state in words, its name first.
pub fn state(state: State) -> &'static str {
    match state {
        State::Normal => "normal",
        State::Strained => "strained: opening and withdrawing need more margin",
        State::Throttled => "throttled: after a disruption, opening needs more margin",
        State::Thaw => "thaw: after a disruption, the worst accounts are liquidated first",
        State::Shelter => "shelter: the chain was disrupted, nothing opens",
    }
}

fn name_and_meaning(of: State) -> (&'static str, &'static str) {
    let words = state(of);
    words.split_at(words.find(':').unwrap_or(words.len()))
}

/// The recorded state, and the one the program would find now where that is another.
fn states(recorded: State, now: State) -> String {
    if recorded == now {
        return state(now).to_owned();
    }
    let (name, meaning) = name_and_meaning(now);
    format!("{} (recorded), {name} now{meaning}", name_and_meaning(recorded).0)
}

fn text(silo_address: &Pubkey, seen: &Seen) -> String {
    let now = wall_clock();
    let rows = seen.markets.iter().map(|(_, market)| {
        let newest = market.newest_price();
        let (longs, shorts) = (amount(market.longs.size), amount(market.shorts.size));
        let published = ago(newest.published.0, now);
        [name(&market.name), amount(newest.middle().0), published, longs, shorts]
    });
    format!(
        "{}\n{}\n{}",
        facts(&chain(&seen.health, seen.now)),
        facts(&books(silo_address, &seen.silo)),
        table(["market", "price", "published", "longs", "shorts"], rows)
    )
}

fn chain(health: &ChainHealth, found: State) -> Vec<(&'static str, String)> {
    let monitor = Monitor::from(&health.monitor);
    let now = wall_clock();
    vec![
        ("chain", states(monitor.state, found)),
        ("since", ago(monitor.since.0, now)),
        ("observed", ago(monitor.seen.0, now)),
        ("last disruption", ago(monitor.last_disruption.0, now)),
        ("slot", format!("{} ms", u64::from(monitor.baseline_us) / 1_000)),
    ]
}

fn to_json(silo_address: &Pubkey, seen: &Seen) -> Value {
    let monitor = Monitor::from(&seen.health.monitor);
    let markets =
        seen.markets.iter().map(|(address, market)| super::market::to_json(address, market));
    json!({
        "chain": {
            "recorded_state": name_and_meaning(monitor.state).0,
            "state": name_and_meaning(seen.now).0,
            "since_ms": moment(monitor.since.0),
            "observed_ms": moment(monitor.seen.0),
            "last_disruption_ms": moment(monitor.last_disruption.0),
            "baseline_us": monitor.baseline_us,
        },
        "silo": super::silo::to_json(silo_address, &seen.silo),
        "markets": markets.collect::<Vec<_>>(),
    })
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

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
