//! A chain that stands still while the price falls: what the venue exists for.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use holdfast_client::holdfast::events::{OrderExecuted, PositionLiquidated};
use holdfast_risk::chain::health::State;
use serde_json::json;

use super::CLIMB;
use super::crash::{CALM, FALLEN, SIZE, exposed};
use super::lender::Lending;
use crate::history::Entry;
use crate::report::Report;
use crate::stage::Stage;

/// How long the validator stands still.
const HALT: Duration = Duration::from_secs(20);

/// Where a stop and an order to buy the dip wait: between the prices before and after.
const BELOW: &str = "140";

const PATIENCE: Duration = Duration::from_secs(120);

/// Before the halt one trader leaves a stop and one an order to open, for a price that only comes
/// in it; a third is thinly margined. Beside the venue a loan could be liquidated all the time.
pub async fn play(stage: &mut Stage, report: &mut Report) -> Result<()> {
    exposed(stage, "ida").await?;
    let jack = stage.trader("jack", 10_000).await?;
    jack.says(&["trade", "open", "SOL", "long", "20", "--limit", "200", "--wait"]).await?;
    let kate = stage.trader("kate", 10_000).await?;
    let slot = stage.slot().await?;
    kate.says(&["trade", "open", "SOL", "long", "20", "--limit", "200", "--below", BELOW]).await?;
    jack.says(&["trade", "close", "SOL", "--limit", "100", "--below", BELOW]).await?;
    let lending = Lending::begin(stage).await?;
    stage.cluster.validator.freeze()?;
    stage.publish("SOL", json!({"mode": "normal", "price": FALLEN})).await?;
    tokio::time::sleep(HALT).await;
    stage.cluster.validator.thaw()?;
    let resumed = Instant::now();
    let sheltered = async |stage: &Stage| {
        let monitor = stage.health().await?.monitor;
        Ok(monitor.state == State::Shelter as u8 && monitor.last_disruption_ms > 0)
    };
    stage.until("the halt is on record", PATIENCE, sheltered).await?;
    report.time("from the chain's first block to the halt on record", resumed.elapsed());
    let last_disruption = stage.health().await?.monitor.last_disruption_ms;
    let kept = kate.says(&["trade", "open", "ETH", "long", "1", "--limit", "4000"]).await;
    ensure!(kept.is_err(), "somebody could ask to open in shelter");
    jack.says(&["account", "deposit", "1"]).await?;
    report.figure("requests to open refused in shelter", 1, "of 1");
    lending.is_refused(stage).await?;
    report.figure("liquidations that another program refused in shelter", 1, "of 1");
    let closed = async |stage: &Stage| Ok(stage.held("jack", 0).await? == 0);
    stage.until("the requested close is executed", PATIENCE, closed).await?;
    report.time("from the first block to the requested close", resumed.elapsed());
    stage.until_state(State::Normal, CLIMB).await?;
    report.time("from the first block to normal, by itself", resumed.elapsed());
    lending.liquidate(stage).await?;
    report.time("from the first block to another program's liquidation", resumed.elapsed());
    let opened = async |stage: &Stage| Ok(stage.held("kate", 0).await? > 0);
    stage.until("the order to open is executed", PATIENCE, opened).await?;
    let whole = SIZE.parse::<i64>()? * 1_000_000;
    let liquidated = async |stage: &Stage| Ok(stage.held("ida", 0).await? < whole);
    stage.until("the thinly margined trader is liquidated", PATIENCE, liquidated).await?;
    judge(stage, report, slot, last_disruption).await?;
    stage.publish("SOL", json!({"mode": "normal", "price": CALM})).await
}

/// Nothing was done at a price from before the break, and the close came first.
async fn judge(stage: &Stage, report: &mut Report, slot: u64, last_disruption: u64) -> Result<()> {
    let (jack, kate) = (stage.account_of("jack")?, stage.account_of("kate")?);
    let entries = stage.since(slot).await?;
    let liquidations: Vec<_> =
        entries.iter().flat_map(|entry| entry.events::<PositionLiquidated>()).collect();
    let early = liquidations.iter().filter(|event| event.published_ms < last_disruption).count();
    ensure!(early == 0, "{early} liquidations at prices from before the halt");
    report.figure("liquidations at prices from before the halt", early, "");
    report.figure("liquidations at prices since", liquidations.len(), "");
    let executed = |account| position(&entries, |event: &OrderExecuted| event.account == account);
    let (close, open) = (executed(jack), executed(kate));
    let (close, open) = (close.context("no close")?, open.context("no opening")?);
    ensure!(close < open, "an order to open was executed before the requested close");
    let first = position(&entries, |_: &PositionLiquidated| true);
    ensure!(first.is_none_or(|first| close < first), "somebody was liquidated before the close");
    Ok(())
}

/// The place in the chain's order of the first event for which `is` holds.
fn position<E: anchor_lang::Event>(entries: &[Entry], is: impl Fn(&E) -> bool) -> Option<usize> {
    entries.iter().position(|entry| entry.events::<E>().any(|event| is(&event)))
}
