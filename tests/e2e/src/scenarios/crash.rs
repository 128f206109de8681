//! Prices that fall below somebody's margin.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use holdfast_client::Pubkey;
use holdfast_client::holdfast::events::{AccountFlagged, PositionLiquidated};
use holdfast_localnet::cluster::keeper_name;
use holdfast_localnet::wallets::Wallet;
use serde_json::json;

use crate::history::Entry;
use crate::report::Report;
use crate::stage::{KEEPERS, Stage};

/// What SOL costs before and after: within a market's band.
pub const CALM: f64 = 150.0;
pub const FALLEN: f64 = 131.0;

/// Long 100 SOL on this much is safe at the first price and fails maintenance at the second.
const MARGIN: u64 = 2_500;
pub const SIZE: &str = "100";

const PATIENCE: Duration = Duration::from_secs(120);

/// Somebody who will be liquidated when the price falls.
pub async fn exposed(stage: &Stage, name: &str) -> Result<()> {
    let person = stage.trader(name, MARGIN).await?;
    person.says(&["trade", "open", "SOL", "long", SIZE, "--limit", "200", "--wait"]).await?;
    Ok(())
}

/// All keepers work.
pub async fn liquidation(stage: &mut Stage, report: &mut Report) -> Result<()> {
    exposed(stage, "bob").await?;
    let slot = stage.slot().await?;
    stage.publish("SOL", json!({"mode": "normal", "price": FALLEN})).await?;
    let waited = liquidated(stage, "bob").await?;
    report.time("from the price to the liquidation", waited);
    let account = stage.account_of("bob")?;
    let (flag, _) = flagged(stage, slot, account).await?;
    let entries = stage.since(slot).await?;
    let done = entries.iter().find(|entry| has_liquidated(entry, account));
    let done = done.context("a liquidation without its event")?.slot;
    report.figure("from the flag to the liquidation", done - flag, "slots");
    stage.publish("SOL", json!({"mode": "normal", "price": CALM})).await
}

/// The keeper that flagged is gone before it can liquidate.
pub async fn primary_killed(stage: &mut Stage, report: &mut Report) -> Result<()> {
    exposed(stage, "carol").await?;
    let (slot, account) = (stage.slot().await?, stage.account_of("carol")?);
    stage.publish("SOL", json!({"mode": "normal", "price": FALLEN})).await?;
    let is_flagged = async |stage: &Stage| Ok(stage.account("carol").await?.flagged_ms > 0);
    let waited = stage.until("carol is flagged", PATIENCE, is_flagged).await?;
    report.time("from the price to the flag", waited);
    let (_, primary) = flagged(stage, slot, account).await?;
    let number = keeper(stage, primary)?;
    let place = stage.cluster.keepers.get_mut(usize::from(number));
    place.and_then(Option::take).context("the keeper does not run")?.kill()?;
    let waited = liquidated(stage, "carol").await?;
    report.time("from killing the keeper that flagged to the liquidation", waited);
    stage.cluster.start_keeper(number)?;
    let ready = async |stage: &Stage| Ok(stage.metrics(number).await?["holdfast_ready"] == 1);
    let waited = stage.until("the killed keeper is ready again", PATIENCE, ready).await?;
    report.time("until the killed keeper was ready again, started without any state", waited);
    stage.publish("SOL", json!({"mode": "normal", "price": CALM})).await
}

async fn liquidated(stage: &mut Stage, name: &str) -> Result<Duration> {
    let whole = SIZE.parse::<i64>()? * 1_000_000;
    let is_smaller = async |stage: &Stage| Ok(stage.held(name, 0).await? < whole);
    stage.until("the account is liquidated", PATIENCE, is_smaller).await
}

/// In which slot an account was flagged, and who paid for that.
async fn flagged(stage: &Stage, slot: u64, account: Pubkey) -> Result<(u64, Pubkey)> {
    for _ in 0..20 {
        for entry in stage.since(slot).await? {
            if entry.events::<AccountFlagged>().any(|event| event.account == account) {
                return Ok((entry.slot, entry.payer));
            }
        }
        // The account shows what the history has only once it is confirmed.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bail!("{account} was flagged without an event")
}

fn has_liquidated(entry: &Entry, account: Pubkey) -> bool {
    entry.events::<PositionLiquidated>().any(|event| event.account == account)
}

fn keeper(stage: &Stage, wallet: Pubkey) -> Result<u16> {
    let keys = stage.cluster.place.keys();
    for number in 0..KEEPERS {
        if Wallet::open(&keys, &keeper_name(number))?.address() == wallet {
            return Ok(number);
        }
    }
    bail!("{wallet} is no keeper")
}
