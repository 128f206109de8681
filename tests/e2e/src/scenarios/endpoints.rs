//! RPC providers that fail.

use std::time::{Duration, Instant};

use anyhow::Result;
use holdfast_localnet::proxy::ProxyFault;

use crate::report::Report;
use crate::stage::{KEEPERS, Stage};

const PATIENCE: Duration = Duration::from_secs(90);

/// The endpoint that all keepers prefer freezes.
pub async fn frozen(stage: &mut Stage, report: &mut Report) -> Result<()> {
    stage.fault(0, ProxyFault { frozen: true, loses: 0.0 })?;
    let unused = async |stage: &Stage| all_say(stage, 0).await;
    let waited = stage.until("all keepers leave the frozen endpoint", PATIENCE, unused).await?;
    report.time("until all keepers had left the endpoint", waited);
    report.time("an order placed and executed meanwhile", round_trip(stage, "dora").await?);
    stage.fault(0, ProxyFault::default())?;
    let used = async |stage: &Stage| all_say(stage, 1).await;
    let waited = stage.until("all keepers use the endpoint again", PATIENCE, used).await?;
    report.time("until all keepers used it again", waited);
    Ok(())
}

/// Of what keepers send, one in five arrives.
pub async fn lossy(stage: &mut Stage, report: &mut Report) -> Result<()> {
    let before = counts(stage);
    for proxy in 0..KEEPERS {
        stage.fault(proxy, ProxyFault { frozen: false, loses: 0.8 })?;
    }
    report.time("an order placed and executed", round_trip(stage, "emil").await?);
    for proxy in 0..KEEPERS {
        stage.fault(proxy, ProxyFault::default())?;
    }
    let after = counts(stage);
    report.figure("transactions sent by keepers", after.0 - before.0, "");
    report.figure("of them lost", after.1 - before.1, "");
    Ok(())
}

/// Opens a position, which keepers execute.
async fn round_trip(stage: &Stage, name: &str) -> Result<Duration> {
    let person = stage.trader(name, 10_000).await?;
    let begun = Instant::now();
    person.says(&["trade", "open", "ETH", "long", "1", "--limit", "4000", "--wait"]).await?;
    Ok(begun.elapsed())
}

/// Whether all keepers say that the first endpoint is usable, or that it is not.
async fn all_say(stage: &Stage, usable: u64) -> Result<bool> {
    for keeper in 0..KEEPERS {
        let metrics = stage.metrics(keeper).await?;
        if metrics.get("holdfast_endpoint_usable{endpoint=\"0\"}") != Some(&usable) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn counts(stage: &Stage) -> (u64, u64) {
    let counts = stage.cluster.proxies.iter().map(|proxy| proxy.counts());
    counts.fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1))
}
