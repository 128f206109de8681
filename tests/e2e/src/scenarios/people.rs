//! What people do on a good day, through the command line.

use std::time::Instant;

use anyhow::{Result, ensure};

use crate::report::Report;
use crate::stage::Stage;

/// Deposits, opens, is refused, closes, withdraws.
pub async fn play(stage: &mut Stage, report: &mut Report) -> Result<()> {
    let begun = Instant::now();
    let alice = stage.trader("alice", 10_000).await?;
    report.time("an account opened and filled", begun.elapsed());
    let begun = Instant::now();
    alice.says(&["trade", "open", "SOL", "long", "20", "--limit", "200", "--wait"]).await?;
    report.time("an order placed and executed", begun.elapsed());
    let held = stage.held("alice", 0).await?;
    ensure!(held == 20_000_000, "alice bought 20 SOL and has {held} millionths");
    let refused = alice.says(&["account", "withdraw", "9999"]).await;
    ensure!(refused.is_err(), "what backs a position was withdrawn");
    report.figure("actions refused", 1, "");
    let begun = Instant::now();
    alice.says(&["trade", "close", "SOL", "--limit", "100", "--wait"]).await?;
    report.time("a position closed", begun.elapsed());
    let begun = Instant::now();
    alice.says(&["account", "withdraw", "5000"]).await?;
    report.time("collateral withdrawn", begun.elapsed());
    Ok(())
}

/// Takes out what is left.
pub async fn leave(stage: &mut Stage, report: &mut Report) -> Result<()> {
    let alice = stage.cluster.person("alice").await?;
    let left = stage.account("alice").await?.collateral;
    let amount = format!("{}.{:06}", left / 1_000_000, left % 1_000_000);
    alice.says(&["account", "withdraw", &amount]).await?;
    let kept = stage.account("alice").await?.collateral;
    ensure!(kept == 0, "{kept} units stayed behind");
    report.figure("left behind", kept, "units");
    Ok(())
}
