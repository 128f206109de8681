//! Watching accounts on a real cluster: the keeper's own loop, with a guard in it.

mod check;
mod memory;
mod tell;
mod words;

use holdfast_client::{Pubkey, address};
use holdfast_keeper_core::guard::Guard;
use holdfast_keeper_core::keeper::KeeperConfig;
use serde_json::json;
use solana_signer::Signer;
use tracing::info;

use super::operators::operators;
use super::{Running, Wallet, genesis_of};
use crate::config::Config;
use crate::output::CommandOutput;
use crate::preflight;
use crate::prices;
use crate::render::{amount, decimal};
use holdfast_rpc::Endpoint;

use check::Watch;
pub use memory::MemoryFile;

/// Checks everything, then watches the accounts until stopped.
///
/// # Errors
/// A sentence saying what to change; nothing was sent.
pub async fn run(config: &Config) -> Result<(), String> {
    let (wallet, settings) = (preflight::wallet(config)?, &config.guard);
    let (endpoints, key) = (Endpoint::all(&config.rpc), wallet.pubkey());
    let Watch { genesis, lamports, source } = check::watch(config, &endpoints, &key).await?;
    let identity = preflight::identity(config, &wallet)?;
    let (file, memory) = MemoryFile::open(&settings.state)?;
    let terms = settings.terms(source)?;
    info!(
        cluster = %genesis,
        wallet = %key,
        balance = %decimal(lamports, 9),
        accounts = terms.accounts.len(),
        budget = %amount(terms.budget),
        dry_run = config.dry_run,
        "watching"
    );
    let streams = config.streams();
    let orders = KeeperConfig {
        silo: address::silo(config.silo),
        // A guard is paid nothing.
        account: Pubkey::default(),
        wallet,
        guardian: None,
        announced: None,
        keepers: Vec::new(),
        feeds: config.feeds()?,
        fees: config.fees,
        posting: None,
        guard: Some(Guard::new(terms, key, memory)),
        dry_run: config.dry_run,
        operators: operators(&config.rpc.0, &streams),
        genesis: genesis_of(&genesis),
    };
    let mut running = Running::new(orders, endpoints, streams);
    running.memory = Some(file);
    for hook in settings.webhooks.clone() {
        tokio::spawn(tell::tell(hook, running.report.subscribe()));
    }
    // A guard brings no prices.
    let prices = prices::Counted::new();
    running.equip(config, Wallet { key, lamports, identity }, prices).await?;
    running.until_stopped().await;
    Ok(())
}

/// Tells every webhook that it is reached.
///
/// # Errors
/// A sentence that names the first that does not take it.
pub async fn test(config: &Config) -> Result<CommandOutput, String> {
    let hooks = &config.guard.webhooks;
    if hooks.is_empty() {
        return Err("guard.webhooks is empty: there is nobody to tell; `holdfast config example` \
                    shows how one is set"
            .to_owned());
    }
    for hook in hooks {
        tell::test(hook).await.map_err(|reason| {
            format!("{} does not take messages ({reason}): change guard.webhooks", hook.url)
        })?;
    }
    let reached: Vec<_> = hooks.iter().map(|hook| hook.url.to_string()).collect();
    Ok(CommandOutput::new(format!("told {}", reached.join(", ")), json!({"told": reached})))
}
