//! Plays outages on a real validator with three keepers, as processes: `cargo xtask test --e2e`.

mod history;
mod report;
mod scenarios;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use holdfast_localnet::place::{FIRST_PORTS, Place};
use holdfast_localnet::process::asked_to_stop;
use holdfast_risk::chain::health::State;

use crate::report::Report;
use crate::scenarios::{CLIMB, SCENARIOS, Scenario};
use crate::stage::{Client, Stage};

/// Plays the scenarios one after the other on one cluster, audits the venue after each, and writes
/// what it measured to report.md and report.json.
#[derive(Parser)]
#[command(name = "holdfast-e2e")]
struct Cli {
    /// The validator
    #[arg(long, value_name = "FILE")]
    validator: PathBuf,
    /// Directory of the compiled programs
    #[arg(long, value_name = "DIRECTORY")]
    programs: PathBuf,
    /// Node, to run the TypeScript client with
    #[arg(long, value_name = "FILE")]
    node: PathBuf,
    /// The compiled clients/ts/tests/validator.ts
    #[arg(long, value_name = "FILE")]
    client: PathBuf,
    /// Where keys, logs, the ledger and the report go; what a former run left there is deleted
    #[arg(long, value_name = "DIRECTORY", default_value = "target/e2e")]
    directory: PathBuf,
    /// The first of 75 ports
    #[arg(long, value_name = "PORT", default_value_t = 18_899)]
    #[arg(value_parser = clap::value_parser!(u16).range(FIRST_PORTS))]
    port: u16,
    /// Play only these scenarios; may be repeated
    #[arg(long = "only", value_name = "SCENARIO")]
    only: Vec<String>,
    /// Place a tenth of the orders in the scenario with many traders
    #[arg(long)]
    short: bool,
}

/// Orders of each of the many traders: together half an hour of an order a second.
const ORDERS: u64 = 45;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run_or_stop(&cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason:#}");
            eprintln!("logs of all processes: {}", cli.directory.join("logs").display());
            ExitCode::FAILURE
        }
    }
}

/// What is started is stopped with this process.
async fn run_or_stop(cli: &Cli) -> Result<()> {
    tokio::select! {
        done = run(cli) => done,
        () = asked_to_stop()? => bail!("stopped before the end"),
    }
}

async fn run(cli: &Cli) -> Result<()> {
    let chosen = chosen(&cli.only)?;
    let place = Place::open(&cli.directory, cli.port)?;
    let orders = if cli.short { ORDERS / 10 } else { ORDERS };
    let client = Client { node: cli.node.clone(), script: cli.client.clone() };
    let mut stage = Stage::open(place, &cli.validator, &cli.programs, orders, client).await?;
    let mut report = Report::new(&cli.directory);
    let played = play(&chosen, &mut stage, &mut report).await;
    // What was measured until something failed is worth reading too.
    report.write()?;
    println!("{}", report.table());
    stage.close().await?;
    played
}

async fn play(chosen: &[Scenario], stage: &mut Stage, report: &mut Report) -> Result<()> {
    for scenario in chosen {
        eprintln!("{}: {}", scenario.name, scenario.about);
        report.begin(scenario.name);
        // A machine with too much to do strains the chain, and then opening needs more margin.
        stage.until_state(State::Normal, CLIMB).await?;
        let played = (scenario.play)(stage, report).await;
        played.with_context(|| format!("scenario {}", scenario.name))?;
        let lost = stage.audit().await.with_context(|| format!("after {}", scenario.name))?;
        report.figure("units lost", lost, "units");
    }
    Ok(())
}

fn chosen(only: &[String]) -> Result<Vec<Scenario>> {
    if only.is_empty() {
        return Ok(SCENARIOS.to_vec());
    }
    let find = |name: &String| {
        let found = SCENARIOS.iter().find(|scenario| scenario.name == name).copied();
        let names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        found
            .with_context(|| format!("there is no scenario {name}: choose of {}", names.join(", ")))
    };
    only.iter().map(find).collect()
}
