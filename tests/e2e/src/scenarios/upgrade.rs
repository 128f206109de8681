//! The program is replaced by another through the venue's own queue, while people trade.
//!
//! An upgrade waits for a week. Instead, the venue moves to another validator, byte for byte, except for
//! two times that lie a week further back there: when the change is ready, and the last disruption.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anchor_lang::AccountSerialize;
use anyhow::{Context, Result, bail, ensure};
use futures_util::future::join_all;
use holdfast_client::decode::{Kind, change, decode};
use holdfast_client::holdfast::events::{ChangeApplied, OrderExecuted};
use holdfast_client::holdfast::state::{ChainHealth, Exchange};
use holdfast_client::{Pubkey, address};
use holdfast_localnet::cli::program;
use holdfast_localnet::cluster::{LocalCluster, keeper_name};
use holdfast_localnet::copy::AccountCopy;
use holdfast_localnet::deployment::MARKETS;
use holdfast_localnet::wallets::Wallet;
use holdfast_risk::chain::health::State;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::{CLIMB, load};
use crate::history::Entry;
use crate::report::Report;
use crate::stage::{KEEPERS, Stage};

const WEEK_MS: u64 = 7 * 86_400_000;

/// Who trades meanwhile, and how often each.
const TRADERS: usize = 8;
const ORDERS: u64 = 30;

/// How long they trade before the program is replaced.
const BEFORE: Duration = Duration::from_secs(5);

/// Bytes of the loader before the program.
const HEADER: usize = 45;

/// Proposed by migrations, refused while it waits, applied by somebody under load; who did nothing has
/// the same bytes, and trading goes on.
pub async fn play(stage: &mut Stage, report: &mut Report) -> Result<()> {
    let olga = stage.trader("olga", 10_000).await?;
    olga.says(&["trade", "open", "SOL", "long", "20", "--limit", "200", "--wait"]).await?;
    let paul = stage.trader("paul", 10_000).await?;
    paul.says(&["trade", "open", "ETH", "short", "1", "--limit", "2000", "--above", "9000"])
        .await?;
    let vera = stage.cluster.person("vera").await?;
    let traders = load::crowd(stage, TRADERS).await?;

    let build = another_version(stage)?;
    let begun = Instant::now();
    let number = propose(stage, &build).await?;
    report.time("the upgrade written to its buffer, tried and proposed", begun.elapsed());
    let (named, file) = (number.to_string(), build.display().to_string());
    let shown = vera.says(&["change", "show", &named, "--build", &file]).await?;
    ensure!(shown["build_matches"] == true, "the hash on the chain is not the build's: {shown}");
    let early = vera.says(&["change", "apply", &named]).await;
    ensure!(early.is_err(), "it was applied before its week was over");

    let before = idle(stage, number, &traders).await?;
    stage.cluster.succeed(|copy| a_week_later(copy, number)).await?;
    stage.until_state(State::Normal, CLIMB).await?;
    let shown = vera.says(&["change", "show", &named]).await?;
    ensure!(shown["standing"] == "ready", "the venue took the move for a disruption: {shown}");
    ensure!(idle(stage, number, &traders).await? == before, "an account changed on the way");

    let slot = stage.slot().await?;
    let url = stage.cluster.validator.url();
    let trading = join_all(traders.iter().map(|trader| load::trade(&url, trader, ORDERS)));
    let applying = async {
        tokio::time::sleep(BEFORE).await;
        vera.says(&["change", "apply", &named]).await
    };
    let (done, applied) = tokio::join!(trading, applying);
    applied.context("applying the upgrade")?;
    let sum = |of: fn(&load::Done) -> u64| done.iter().map(of).sum::<u64>();
    let (placed, lost) = (sum(|done| done.landed), sum(|done| done.lost));
    report.figure("transactions lost meanwhile, and sent again", lost, "");
    ensure!(placed == ORDERS * TRADERS as u64, "only {placed} orders were placed");
    load::until_executed(stage, &traders).await?;
    judge(stage, report, slot, &build).await?;

    let after = idle(stage, number, &traders).await?;
    ensure!(after == before, "an account of somebody who did nothing changed");
    report.figure("accounts of those who did nothing", after.len(), "compared, byte for byte");
    olga.says(&["trade", "close", "SOL", "--limit", "100", "--wait"]).await?;
    let held = stage.held("olga", 0).await?;
    ensure!(held == 0, "olga still holds {held} millionths");
    paul.says(&["account", "withdraw", "5000"]).await?;
    report.figure("positions from before closed after it", 1, "");
    Ok(())
}

/// The program that runs, followed by bytes that nobody reads: another hash, the same behaviour.
fn another_version(stage: &Stage) -> Result<PathBuf> {
    let mut elf = std::fs::read(stage.cluster.elf())?;
    elf.extend(b"another version");
    let file = stage.cluster.place.file("upgrade.so");
    std::fs::write(&file, elf)?;
    Ok(file)
}

/// Has migrations propose it, and says the change's number.
async fn propose(stage: &Stage, build: &Path) -> Result<u64> {
    let number = stage.read::<Exchange>(&address::exchange()).await?.change_count;
    let place = &stage.cluster.place;
    let mut command = Command::new(program("holdfast-migrate")?);
    command.args(["--upgrade", "--url", &stage.cluster.validator.url()]);
    command.arg("--keypair").arg(Wallet::open(&place.keys(), "admin")?.file);
    command.arg("--plan-file").arg(place.file("deployment.toml"));
    command.arg("--elf").arg(build);
    command.arg("--manifest").arg(place.manifest());
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    if !output.status.success() {
        bail!("proposing failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(number)
}

/// Moves a week back what the upgrade waits for.
fn a_week_later(copy: &mut AccountCopy, number: u64) -> Result<()> {
    let data = copy.data(&address::change(number))?;
    let mut waiting = change(data)?;
    waiting.ready_ms -= WEEK_MS;
    let mut bytes = Vec::new();
    waiting.try_serialize(&mut bytes)?;
    data.get_mut(..bytes.len()).context("a shorter change")?.copy_from_slice(&bytes);
    let data = copy.data(&address::chain_health())?;
    let mut health: ChainHealth = decode(data)?;
    let disruption = &mut health.monitor.last_disruption_ms;
    *disruption = disruption.saturating_sub(WEEK_MS);
    let fields = data.get_mut(ChainHealth::DISCRIMINATOR.len()..).context("no fields")?;
    fields.copy_from_slice(bytemuck::bytes_of(&health));
    Ok(())
}

/// The venue's accounts that nobody changes: not those of the traders and keepers, what they trade on,
/// or the change. In the order of their addresses.
async fn idle(stage: &Stage, number: u64, traders: &[Keypair]) -> Result<Vec<(Pubkey, Vec<u8>)>> {
    let silo = LocalCluster::silo();
    let mut busy = vec![silo, address::chain_health(), address::change(number)];
    busy.extend((0..).zip(MARKETS).map(|(index, _)| address::market(&silo, index)));
    busy.extend(traders.iter().map(|trader| load::account(&trader.pubkey())));
    for keeper in 0..KEEPERS {
        busy.push(stage.account_of(&keeper_name(keeper))?);
    }
    let mut accounts = stage.cluster.chain().everything().await?;
    accounts.retain(|(address, _)| !busy.contains(address));
    accounts.sort();
    Ok(accounts)
}

/// The new program stands there, is the exchange's, and executed orders after the old one had.
async fn judge(stage: &Stage, report: &mut Report, slot: u64, build: &Path) -> Result<()> {
    let data = stage.cluster.chain().data(&address::program_data()).await?.context("no program")?;
    let (header, code) = data.split_at_checked(HEADER).context("no program")?;
    ensure!(header.ends_with(address::exchange().as_ref()), "the authority is somebody else");
    let rest = code.strip_prefix(&std::fs::read(build)?[..]).context("another program")?;
    ensure!(rest.iter().all(|byte| *byte == 0), "something is left of the old program");
    let entries = stage.since(slot).await?;
    let applied = entries.iter().position(|entry| entry.events::<ChangeApplied>().any(|_| true));
    let (old, new) = entries.split_at(applied.context("an upgrade without its event")?);
    let orders = |entries: &[Entry]| {
        entries.iter().flat_map(|entry| entry.events::<OrderExecuted>()).count()
    };
    let (old, new) = (orders(old), orders(new));
    ensure!(old > 0 && new > 0, "{old} orders were executed before it and {new} after");
    report.figure("orders executed by the old program, under load", old, "");
    report.figure("orders executed by the new program", new, "");
    Ok(())
}
