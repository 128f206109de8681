//! `holdfast-publisher`: prices for a local cluster.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use holdfast_localnet::publisher::{Motion, Publisher, Settings, control};
use holdfast_rpc::keypair_file;
use holdfast_testkit::{path, recording};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Publishes prices on a local cluster, to accounts that Holdfast reads as Pyth's.
#[derive(Parser)]
#[command(name = "holdfast-publisher", version)]
struct Cli {
    /// RPC endpoint of the cluster.
    #[arg(long, default_value = "http://127.0.0.1:8899")]
    url: String,
    /// Keypair file: signs, pays, and is the only writer of its feeds.
    #[arg(long, value_name = "FILE")]
    keypair: PathBuf,
    /// A feed and its first price, such as SOL=150; once for every feed.
    #[arg(long = "feed", value_name = "NAME=PRICE", required = true, value_parser = feed)]
    feeds: Vec<(String, u64)>,
    /// A feed that is not written but handed out at the address of --control, as Pyth's service Hermes does,
    /// for keepers to bring; once for every such feed.
    #[arg(long, value_name = "NAME=PRICE", requires = "control", value_parser = feed)]
    offered: Vec<(String, u64)>,
    /// Prices rise and fall as in this file: a header `unix_ts,open,high,low,close,volume`, then
    /// bars.
    #[arg(long, value_name = "FILE", conflicts_with = "walk")]
    csv: Option<PathBuf>,
    /// Prices walk at random, the same way from the same seed.
    #[arg(long, value_name = "SEED")]
    walk: Option<u64>,
    /// Volatility of a walk in a year; 0.8 is 80 %.
    #[arg(long, default_value_t = 0.8, value_parser = positive)]
    volatility: f64,
    /// Seconds of the file or the walk that pass in each second.
    #[arg(long, default_value_t = 1.0, value_parser = positive)]
    speed: f64,
    /// How often to publish; publish times are whole seconds.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(100..))]
    interval_ms: u64,
    /// Address of this machine that takes orders, such as 127.0.0.1:9700: GET /state, POST /set; below /v2 it
    /// plays Hermes.
    #[arg(long, value_name = "ADDRESS")]
    control: Option<SocketAddr>,
}

fn feed(text: &str) -> Result<(String, u64), String> {
    let (name, price) = text.split_once('=').ok_or("it should look like SOL=150")?;
    let price: f64 = price.parse().map_err(|_| format!("{price:?} is not a number"))?;
    let price = path::millionths(price).ok_or("a price must be between a cent and a million")?;
    Ok((name.to_owned(), price))
}

fn positive(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| *number > 0.0 && number.is_finite());
    number.ok_or("it should be a number above zero".to_owned())
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), String> {
    let writer = keypair_file::read(&cli.keypair, "--keypair")?;
    let motion = match (&cli.csv, cli.walk) {
        (Some(file), _) => Motion::Replay(recording::read(file)?.bars),
        (None, Some(seed)) => Motion::Walk { seed, volatility: cli.volatility },
        (None, None) => Motion::Still,
    };
    let publisher = Publisher::new(Settings {
        url: cli.url,
        writer,
        feeds: cli.feeds,
        offered: cli.offered,
        motion,
        speed: cli.speed,
        interval: Duration::from_millis(cli.interval_ms),
    })?;
    for feed in publisher.board().state().feeds {
        tracing::info!("{} is published at {}", feed.feed, feed.address);
    }
    if let Some(listen) = cli.control {
        let address = control::serve(listen, publisher.board(), publisher.hermes().pages()).await?;
        tracing::info!("orders are taken at http://{address}");
    }
    let mut terminated = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    publisher
        .run(async {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
        })
        .await;
    Ok(())
}
