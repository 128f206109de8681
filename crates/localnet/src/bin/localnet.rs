//! A local cluster to try the venue on: `cargo xtask localnet`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use holdfast_localnet::cluster::{LocalCluster, Options};
use holdfast_localnet::deployment::{BROUGHT, MARKETS, RecoverySpeed};
use holdfast_localnet::page;
use holdfast_localnet::place::{FIRST_PORTS, Place};
use holdfast_localnet::process::asked_to_stop;
use indicatif::{ProgressBar, ProgressStyle};

/// How often everything is looked after.
const LOOK: Duration = Duration::from_secs(1);

/// Runs the venue on a validator of your own until Ctrl-C: deploys it, publishes prices, fills the
/// pools, opens demo accounts, and keeps it with keepers.
#[derive(Parser)]
#[command(name = "cargo xtask localnet")]
struct Cli {
    /// The validator
    #[arg(long, value_name = "FILE", hide = true)]
    validator: PathBuf,
    /// Directory of the compiled programs
    #[arg(long, value_name = "DIRECTORY", hide = true)]
    programs: PathBuf,
    /// Directory of the built page
    #[arg(long, value_name = "DIRECTORY", hide = true)]
    page: PathBuf,
    /// Where keys, logs and the ledger go; what a former run left there is deleted
    #[arg(long, value_name = "DIRECTORY", default_value = "target/localnet")]
    directory: PathBuf,
    /// Port of the RPC; the WebSocket has the next one, and 72 more are used
    #[arg(long, value_name = "PORT", default_value_t = 8899)]
    #[arg(value_parser = clap::value_parser!(u16).range(FIRST_PORTS))]
    port: u16,
    /// How many keepers
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=5))]
    keepers: u16,
    /// Prices rise and fall as in this file: a header `unix_ts,open,high,low,close,volume`, then bars
    #[arg(long, value_name = "FILE", conflicts_with = "walk")]
    csv: Option<PathBuf>,
    /// Prices walk at random, the same way from the same seed
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    walk: u64,
    /// Seconds of the prices that pass in each second
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Climb back to Normal after a halt in three minutes instead of a quarter of an hour
    #[arg(long)]
    fast_climb: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    let place = Place::open(&cli.directory, cli.port)?;
    let options = Options {
        beside: Vec::new(),
        prices: prices(&cli),
        brings: true,
        climb: if cli.fast_climb { RecoverySpeed::Fast } else { RecoverySpeed::Usual },
        validator: cli.validator,
        programs: cli.programs,
        keepers: cli.keepers,
        proxies: 0,
    };
    let files = cli.page;
    let stop = asked_to_stop()?;
    tokio::pin!(stop);
    let mut cluster = tokio::select! {
        started = start(place, options, files) => started?,
        () = &mut stop => return Ok(()),
    };
    print!("{}", guide(&cluster));
    let ended = loop {
        tokio::select! {
            () = &mut stop => break Ok(()),
            () = tokio::time::sleep(LOOK) => {
                if let Err(reason) = cluster.must_run() {
                    break Err(reason);
                }
            }
        }
    };
    eprintln!("stopping history, keepers, publisher and validator");
    cluster.stop().await?;
    ended
}

async fn start(place: Place, options: Options, files: PathBuf) -> Result<LocalCluster> {
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {elapsed:>4} {msg}")?);
    bar.enable_steady_tick(Duration::from_millis(100));
    let say = |step: &str| {
        bar.set_message(step.to_owned());
        if bar.is_hidden() {
            eprintln!("{step}");
        }
    };
    let mut cluster = LocalCluster::start(place, options, say).await?;
    say("opening demo accounts");
    demo(&cluster).await?;
    cluster.start_history()?;
    let (place, url) = (&cluster.place, cluster.validator.url());
    let (port, history) = (place.page_port(), history(&cluster));
    page::serve(port, files, &url, &history, &place.manifest(), cluster.giver()).await?;
    bar.finish_and_clear();
    Ok(cluster)
}

/// Where the history is served.
fn history(cluster: &LocalCluster) -> String {
    format!("http://127.0.0.1:{}/", cluster.place.history_port())
}

fn prices(cli: &Cli) -> Vec<String> {
    let mut options = vec!["--speed".to_owned(), cli.speed.to_string()];
    match &cli.csv {
        Some(file) => options.extend(["--csv".to_owned(), file.display().to_string()]),
        None => options.extend(["--walk".to_owned(), cli.walk.to_string()]),
    }
    options
}

/// Two traders on either side of the first market.
async fn demo(cluster: &LocalCluster) -> Result<()> {
    for (name, side, limit) in [("alice", "long", "200"), ("bob", "short", "100")] {
        let person = cluster.person(name).await?;
        person.says(&["account", "open"]).await?;
        person.says(&["account", "deposit", "10000"]).await?;
        let market = MARKETS[0].name;
        let order = ["trade", "open", market, side, "100", "--limit", limit, "--wait"];
        person.says(&order).await?;
    }
    Ok(())
}

/// What is where, and what to try.
fn guide(cluster: &LocalCluster) -> String {
    let file = |name: &str| cluster.place.file(name).display().to_string();
    let url = cluster.validator.url();
    let process = cluster.validator.process_id().unwrap_or_default();
    format!(
        "The venue runs. Ctrl-C stops everything.

  page         http://127.0.0.1:{page}
  RPC          {url} (WebSocket one port up; both listen on all addresses of this machine)
  program      {program}
  silo         {silo}, markets {markets}, {brought}
  prices       http://127.0.0.1:{publisher}/state; keepers bring those of {brought} from there,
               and a keeper's /metrics count them (holdfast_posts_stored_total)
  keepers      http://127.0.0.1:{keeper}/readyz and the next ports
  history      {history}v1/status; the page shows what is in it
  keys, logs   {keys}, {logs}

What to try, in another terminal:

  alias holdfast='target/debug/holdfast --config {alice}'
  holdfast status
  holdfast top
  holdfast account show
  holdfast trade open ETH long 1 --limit 4000 --wait
  holdfast trade close ETH --limit 2000 --wait
  holdfast trade open {brought} long 0.01 --limit 200000 --wait   # at a price that a keeper brings for it
  holdfast audit
  solana program show {program} --url {url} --keypair {keys}/alice.json
  curl -d '{{\"feed\": \"SOL\", \"mode\": \"normal\", \"price\": 110}}' http://127.0.0.1:{publisher}/set
  kill -STOP {process}; sleep 20; kill -CONT {process}   # the chain stands still, then goes on
",
        program = holdfast_client::holdfast::ID,
        silo = LocalCluster::silo(),
        markets = MARKETS.map(|market| market.name).join(", "),
        brought = BROUGHT.name,
        page = cluster.place.page_port(),
        publisher = cluster.place.publisher_port(),
        keeper = cluster.place.keeper_port(0),
        history = history(cluster),
        keys = file("keys"),
        logs = file("logs"),
        alice = file("alice.toml"),
    )
}
