//! A publisher that stops, lies, or is ahead of time. The market has one feed: nothing else
//! contradicts it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use holdfast_client::address;
use holdfast_client::holdfast::events::{OrderExecuted, PositionLiquidated};
use holdfast_client::holdfast::state::Market;
use holdfast_localnet::cluster::LocalCluster;
use serde_json::json;

use crate::report::Report;
use crate::stage::{KEEPERS, Stage};

/// The market's index and its price.
const ETH: u8 = 1;
const CALM: f64 = 3_000.0;

/// How long a lie or a silence lasts: longer than prices are fresh, shorter than the market's band
/// resists a lone feed.
const LASTS: Duration = Duration::from_secs(45);

const PATIENCE: Duration = Duration::from_secs(90);

/// Orders to open wait; deposits work.
pub async fn silence(stage: &mut Stage, report: &mut Report) -> Result<()> {
    let gina = stage.trader("gina", 10_000).await?;
    stage.publish("ETH", json!({"mode": "stop"})).await?;
    let begun = Instant::now();
    let noticed = async |stage: &Stage| {
        for keeper in 0..KEEPERS {
            if stage.metrics(keeper).await?["holdfast_class{class=\"oracle stale\"}"] == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    };
    stage.until("all keepers say that prices are stale", PATIENCE, noticed).await?;
    report.time("until all keepers said so", begun.elapsed());
    let slot = stage.slot().await?;
    gina.says(&["trade", "open", "ETH", "long", "1", "--limit", "4000"]).await?;
    gina.says(&["account", "deposit", "1"]).await?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let executed = executions(stage, slot).await?;
    ensure!(executed.is_empty(), "an order was executed without a price");
    report.figure("orders executed without a price", 0, "");
    let begun = Instant::now();
    stage.publish("ETH", json!({"mode": "normal"})).await?;
    let held = async |stage: &Stage| Ok(stage.held("gina", ETH).await? > 0);
    stage.until("the waiting order is executed", PATIENCE, held).await?;
    report.time("from the next price to the waiting order's execution", begun.elapsed());
    Ok(())
}

/// Whoever could stand the market's band is not liquidated.
pub async fn lie(stage: &mut Stage, report: &mut Report) -> Result<()> {
    let hans = stage.trader("hans", 3_000).await?;
    hans.says(&["trade", "open", "ETH", "long", "5", "--limit", "4000", "--wait"]).await?;
    let slot = stage.slot().await?;
    stage.publish("ETH", json!({"mode": "lie", "factor": 0.8})).await?;
    tokio::time::sleep(LASTS).await;
    let entries = stage.since(slot).await?;
    let hurt = entries.iter().flat_map(|entry| entry.events::<PositionLiquidated>()).count();
    stage.publish("ETH", json!({"mode": "normal", "price": CALM})).await?;
    ensure!(hurt == 0, "{hurt} liquidations at a price that was a lie");
    report.figure("liquidations at the lie", hurt, "");
    let flagged = stage.account("hans").await?.flagged_ms;
    report.figure("flags at the lie", u8::from(flagged > 0), "");
    Ok(())
}

/// No price is taken; the market keeps its last one.
pub async fn future(stage: &mut Stage, report: &mut Report) -> Result<()> {
    stage.publish("ETH", json!({"mode": "future", "seconds": 3_600})).await?;
    // What was sent before has landed after this.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = newest(stage).await?;
    tokio::time::sleep(LASTS).await;
    let after = newest(stage).await?;
    ensure!(before == after, "a price from the future was taken");
    report.figure("prices of the next hour taken", 0, "");
    let begun = Instant::now();
    stage.publish("ETH", json!({"mode": "normal"})).await?;
    let moved = async |stage: &Stage| Ok(newest(stage).await? > after);
    stage.until("a true price is taken", PATIENCE, moved).await?;
    report.time("from the next true price to the market", begun.elapsed());
    Ok(())
}

/// When the market's newest price was published.
async fn newest(stage: &Stage) -> Result<u64> {
    let market: Market = stage.read(&address::market(&LocalCluster::silo(), ETH)).await?;
    Ok(market.newest_price().published.0)
}

async fn executions(stage: &Stage, slot: u64) -> Result<Vec<OrderExecuted>> {
    let entries = stage.since(slot).await?;
    Ok(entries.iter().flat_map(|entry| entry.events::<OrderExecuted>()).collect())
}
