//! The `holdfast` binary.

mod amount;
mod audit;
mod cli;
mod commands;
mod daemon;
mod log;
#[cfg(test)]
mod loopback;
mod output;
mod panics;
mod preflight;
mod prices;
mod render;
mod risk;
mod top;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use holdfast_cli::{change_file, config};
use holdfast_risk::pool::PoolKind;
use serde_json::json;
use solana_signer::Signer;

use crate::cli::{Cli, ConfigTask, KeeperTask, MarketTask, SiloTask, Task};
use crate::config::Config;
use crate::output::{CommandOutput, Failure, joined};
use crate::preflight::Standing;
use holdfast_rpc::Endpoint;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() && std::env::args().any(|argument| argument == "--json") {
                println!("{}", json!({"error": error.to_string()}));
            }
            error.exit()
        }
    };
    let as_json = cli.json;
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if as_json {
                println!("{}", failure.object());
            }
            eprintln!("error: {}", failure.reason);
            failure.code()
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.task {
        Task::Completions { shell } => {
            let (mut command, mut out) = (Cli::command(), std::io::stdout());
            clap_complete::generate(shell, &mut command, "holdfast", &mut out);
            return Ok(());
        }
        Task::Config(ConfigTask::Example) => {
            print!("{}", config::EXAMPLE);
            return Ok(());
        }
        _ => {}
    }
    let config = config::load(cli.config.as_deref(), &cli.flags)?;
    panics::keep_keys_out(&config);
    // On a terminal the dashboard and the log would write over each other.
    let logs = !matches!(cli.task, Task::Top(_)) || !std::io::stderr().is_terminal();
    let _log = logs.then(|| log::start(config.log));
    let said = match cli.task {
        Task::Config(ConfigTask::Check { offline }) => Ok(check(&config, offline).await?),
        Task::Keeper(KeeperTask::Run) => return Ok(daemon::run(&config).await?),
        Task::Top(form) => return Ok(top::top(&config, &form, cli.json).await?),
        Task::Status => Ok(render::status(&config).await),
        Task::Completions { .. } | Task::Config(ConfigTask::Example) => return Ok(()),
        Task::Account(task) => commands::account::run(&config, task).await,
        Task::Trade(task) => commands::trade::run(&config, task).await,
        Task::Pool(task) => commands::pool::run(&config, PoolKind::Liquidity, task).await,
        Task::Insurance(task) => commands::pool::run(&config, PoolKind::Insurance, task).await,
        Task::Guardian(task) => commands::guardian::run(&config, task).await,
        Task::Change(task) => commands::change::run(&config, task).await,
        Task::Audit => Ok(audit::run(&config).await?),
        Task::Risk => Ok(risk::run(&config).await?),
        Task::Market(MarketTask::List) => Ok(render::markets(&config).await?),
        Task::Market(MarketTask::Show { index }) => Ok(render::market(&config, index).await?),
        Task::Silo(SiloTask::Show) => Ok(render::silo(&config).await?),
    };
    said?.print(cli.json)
}

/// Says what was checked, or what to change.
async fn check(config: &Config, offline: bool) -> Result<CommandOutput, String> {
    let (wallet, guardian) = (preflight::wallet(config)?, preflight::guardian(config)?);
    preflight::identity(config, &wallet)?;
    let guardian_key = guardian.as_ref().map(|key| key.pubkey().to_string());
    let keys = json!({"wallet": wallet.pubkey().to_string(), "guardian": &guardian_key});
    if offline {
        return Ok(CommandOutput::new(
            "settings and keypair are fine; no endpoint was asked",
            keys,
        ));
    }
    let endpoints = Endpoint::all(&config.rpc);
    let Standing { genesis, lamports, account } =
        preflight::cluster(config, &endpoints, &wallet, guardian.as_ref()).await?;
    let streams: Vec<_> = config.streams().iter().map(|stream| stream.to_string()).collect();
    let prices = prices::check(config).await?;
    let found = json!({
        "genesis": genesis,
        "lamports": lamports,
        "account": account.to_string(),
        "streams": streams,
        "prices": prices,
    });
    let rows = [
        ("cluster", genesis),
        ("wallet", format!("{} SOL", render::decimal(lamports, 9))),
        ("rewards go to", account.to_string()),
        ("guardian", guardian_key.unwrap_or_else(|| "none".to_owned())),
        ("streams", streams.join(", ")),
        ("prices", prices),
    ];
    Ok(CommandOutput::new(format!("{}\nall is well", render::facts(&rows)), joined(keys, found)))
}
