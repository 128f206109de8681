//! A validator that crashes.

use std::time::{Duration, Instant};

use anyhow::Result;
use holdfast_risk::chain::health::State;

use super::CLIMB;
use crate::report::Report;
use crate::stage::Stage;

/// How long somebody may take to observe the outage, which every instruction acts upon at once.
const NOTICED: Duration = Duration::from_secs(60);

/// Kills it, starts it again on its ledger, and waits until the venue is as before.
pub async fn play(stage: &mut Stage, report: &mut Report) -> Result<()> {
    let before = stage.account("alice").await?.collateral;
    stage.cluster.validator.kill().await?;
    tokio::time::sleep(Duration::from_secs(12)).await;
    let begun = Instant::now();
    stage.cluster.validator.restart().await?;
    report.time("until the validator made blocks again", begun.elapsed());
    let alice = stage.cluster.person("alice").await?;
    alice.says(&["account", "deposit", "1"]).await?;
    report.time("until somebody could deposit", begun.elapsed());
    let lost = (before + 1_000_000).abs_diff(stage.account("alice").await?.collateral);
    anyhow::ensure!(lost == 0, "{lost} units differ after the restart");
    stage.until_state(State::Shelter, NOTICED).await?;
    report.time("until the outage was on record", begun.elapsed());
    stage.until_state(State::Normal, CLIMB).await?;
    report.time("until the venue was back to normal", begun.elapsed());
    Ok(())
}
