//! Somebody trades through the TypeScript client.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use holdfast_localnet::wallets::Wallet;
use serde_json::{Value, json};

use crate::report::Report;
use crate::stage::Stage;

/// Opens and closes a position, and has a refusal explained; keepers execute.
pub async fn play(stage: &mut Stage, report: &mut Report) -> Result<()> {
    stage.trader("rita", 10_000).await?;
    let keypair = Wallet::open(&stage.cluster.place.keys(), "rita")?.file;
    let socket = format!("ws://127.0.0.1:{}", stage.cluster.place.rpc_port() + 1);
    let mut client = Command::new(&stage.client.node);
    client.arg(&stage.client.script).args([stage.cluster.validator.url(), socket]).arg(keypair);
    let begun = Instant::now();
    let output = tokio::task::spawn_blocking(move || client.output()).await??;
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(output.status.success(), "the client fails: {complaint}");
    report.time("a position opened and closed in TypeScript", begun.elapsed());
    let told: Value =
        serde_json::from_slice(&output.stdout).context("the client prints something else")?;
    let expected = json!({
        "state": "Normal",
        "bought": 2_000_000,
        "refusal": "OrderNotFound",
        "left": 0,
    });
    ensure!(told == expected, "the client says {told}");
    let held = stage.held("rita", 0).await?;
    ensure!(held == 0, "rita closed everything and has {held} millionths");
    Ok(())
}
