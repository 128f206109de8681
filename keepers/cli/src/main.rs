//! The `holdfast` binary.

mod amount;
mod asking;
mod audit;
mod check;
mod cli;
mod commands;
mod daemon;
mod history;
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

use crate::cli::{Cli, ConfigTask, GuardTask, HistoryTask, KeeperTask, MarketTask, SiloTask, Task};
use crate::output::{CommandOutput, Failure, say, tell};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() && std::env::args().any(|argument| argument == "--json") {
                // It is said on the error stream too.
                let _ = say(json!({"error": error.to_string()}));
            }
            error.exit()
        }
    };
    let as_json = cli.json;
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if as_json {
                // It is said on the error stream too.
                let _ = say(failure.object());
            }
            tell(format_args!("error: {}", failure.reason));
            failure.code()
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.task {
        Task::Completions { shell } => {
            let (mut command, mut script) = (Cli::command(), Vec::<u8>::new());
            clap_complete::generate(shell, &mut command, "holdfast", &mut script);
            let script = String::from_utf8_lossy(&script);
            return text(&script, "completions").print(cli.json);
        }
        Task::Config(ConfigTask::Example) => {
            return text(config::EXAMPLE, "example").print(cli.json);
        }
        _ => {}
    }
    let config = config::load(cli.config.as_deref(), &cli.flags)?;
    panics::keep_keys_out(&config);
    // On a terminal the dashboard and the log would write over each other.
    let logs = !matches!(cli.task, Task::Top(_)) || !std::io::stderr().is_terminal();
    let _log = logs.then(|| log::start(config.log));
    let said = match cli.task {
        Task::Config(ConfigTask::Check { offline }) => Ok(check::run(&config, offline).await?),
        Task::Keeper(KeeperTask::Run) => return Ok(daemon::run(&config).await?),
        Task::Guard(GuardTask::Run) => return Ok(daemon::guard::run(&config).await?),
        Task::Guard(GuardTask::Test) => Ok(daemon::guard::test(&config).await?),
        Task::Top(form) => return top::top(&config, &form, cli.json).await,
        Task::History(HistoryTask::Run(form)) => Ok(history::run(&config, form).await?),
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

/// A file to be kept; for a machine it is under `name`.
fn text(text: &str, name: &str) -> CommandOutput {
    CommandOutput::new(text.trim_end(), json!({name: text}))
}
