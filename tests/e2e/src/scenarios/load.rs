//! Many traders at once.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, ensure};
use futures_util::future::join_all;
use holdfast_client::holdfast::events::{OrderExecuted, OrderPlaced};
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{Pubkey, address, instruction};
use holdfast_localnet::cluster::LocalCluster;
use holdfast_localnet::cluster_client::ClusterClient;
use holdfast_localnet::tokens::token_account;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::report::Report;
use crate::stage::Stage;

const TRADERS: usize = 40;

/// Collateral of each, millionths.
const COLLATERAL: u64 = 10_000_000_000;

/// How long that may take at most.
const DEADLINE: Duration = Duration::from_secs(600);

/// What a trader waits for when the account's order slots are full.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the keepers may take for what is left then.
const PATIENCE: Duration = Duration::from_secs(180);

/// What a trader did.
#[derive(Default)]
pub struct Done {
    /// Orders that it placed.
    pub landed: u64,
    /// All of the account's order slots were taken.
    pub refused: u64,
    /// The validator took it, and it did not land.
    pub lost: u64,
}

/// Accounts are opened, orders placed and executed; then the books are audited.
pub async fn play(stage: &mut Stage, report: &mut Report) -> Result<()> {
    let slot = stage.slot().await?;
    let begun = Instant::now();
    let url = stage.cluster.validator.url();
    let traders = crowd(stage, TRADERS).await?;
    report.figure("accounts opened and filled", TRADERS, "");
    report.figure("a second", rate(TRADERS as u64, begun.elapsed()), "accounts");
    let begun = Instant::now();
    let done = join_all(traders.iter().map(|trader| trade(&url, trader, stage.orders))).await;
    let lasted = begun.elapsed();
    let placed: u64 = done.iter().map(|done| done.landed).sum();
    let lost: u64 = done.iter().map(|done| done.lost).sum();
    let wanted = stage.orders * TRADERS as u64;
    ensure!(placed == wanted, "only {placed} orders were placed");
    report.figure("orders placed", placed, "");
    report.figure("a second", rate(placed, lasted), "orders");
    let refused: u64 = done.iter().map(|done| done.refused).sum();
    report.figure("orders refused, and asked for again", refused, "");
    until_executed(stage, &traders).await?;
    let entries = stage.since(slot).await?;
    let executed = entries.iter().flat_map(|entry| entry.events::<OrderExecuted>()).count() as u64;
    let seen = entries.iter().flat_map(|entry| entry.events::<OrderPlaced>()).count();
    report.figure("orders on chain", seen, "");
    // What a client gave up may have landed after all.
    let late = (seen as u64).saturating_sub(placed);
    report.figure("transactions lost", lost.saturating_sub(late), "");
    report.figure("orders executed", executed, "");
    report.figure("a second", rate(executed, begun.elapsed()), "executions");
    let refused = entries.iter().filter(|entry| !entry.taken).count();
    report.figure("transactions that landed and were refused", refused, "");
    Ok(())
}

/// This many traders with accounts.
///
/// # Errors
/// When a transaction does not land.
pub async fn crowd(stage: &Stage, traders: usize) -> Result<Vec<Keypair>> {
    let (url, mint) = (stage.cluster.validator.url(), stage.cluster.mint());
    let traders: Vec<_> = (0..traders).map(|_| Keypair::new()).collect();
    for opened in join_all(traders.iter().map(|trader| open(stage, &url, mint, trader))).await {
        opened?;
    }
    Ok(traders)
}

/// Waits until none of their orders waits.
///
/// # Errors
/// When that takes too long.
pub async fn until_executed(stage: &mut Stage, traders: &[Keypair]) -> Result<()> {
    let accounts: Vec<_> = traders.iter().map(|trader| account(&trader.pubkey())).collect();
    let none_waits = async |stage: &Stage| {
        for account in &accounts {
            let account: MarginAccount = stage.read(account).await?;
            if account.orders.iter().any(|order| order.number > 0) {
                return Ok(false);
            }
        }
        Ok(true)
    };
    stage.until("all orders are executed", PATIENCE, none_waits).await?;
    Ok(())
}

/// Whose account that is.
pub fn account(owner: &Pubkey) -> Pubkey {
    address::margin_account(&LocalCluster::silo(), owner, 0)
}

async fn open(stage: &Stage, url: &str, mint: Pubkey, trader: &Keypair) -> Result<()> {
    let (owner, silo) = (trader.pubkey(), LocalCluster::silo());
    stage.cluster.give(&owner).await?;
    let open = instruction::open_margin_account(owner, owner, silo, 0);
    let source = token_account(&owner, &mint);
    let deposit = instruction::deposit(owner, source, silo, account(&owner), COLLATERAL);
    ClusterClient::new(url).send(&[open, deposit], &[trader]).await
}

/// Buys and sells one SOL in turn.
pub async fn trade(url: &str, trader: &Keypair, orders: u64) -> Done {
    let (chain, mut done, begun) = (ClusterClient::new(url), Done::default(), Instant::now());
    let (owner, market) = (trader.pubkey(), address::market(&LocalCluster::silo(), 0));
    while done.landed < orders && begun.elapsed() < DEADLINE {
        let buys = done.landed % 2 == 0;
        let (delta, limit) = if buys { (1_000_000, 300_000_000) } else { (-1_000_000, 50_000_000) };
        let request = OrderRequest {
            delta,
            limit,
            trigger: OrderTrigger::Immediate,
            effect: OrderEffect::Open,
            any_price: false,
            expires_ms: in_ten_minutes(),
            fee: 0,
        };
        // A sale closes what the purchase before it opened; both may find a position.
        let held: &[_] = &[];
        let place = instruction::place_order(owner, account(&owner), market, request, held);
        match chain.send(&[place], &[trader]).await {
            Ok(()) => done.landed += 1,
            Err(reason) if reason.to_string().contains("custom program error") => {
                done.refused += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(reason) => {
                eprintln!("  not landed: {reason:#}");
                done.lost += 1;
            }
        }
    }
    done
}

fn in_ten_minutes() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX).saturating_add(600_000)
}

fn rate(count: u64, time: Duration) -> String {
    format!("{:.1}", count as f64 / time.as_secs_f64())
}
