//! The drill from the command line; `cargo xtask drill` builds the program first and calls this.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use holdfast_sim::drill::{Drill, Report, draw};
use holdfast_sim::path;
use indicatif::{ProgressBar, ProgressStyle};

/// Plays a crash on the compiled program, with the keeper's own decisions, and says what it cost.
///
/// Hundreds of margin accounts on two markets live through the path on an embedded cluster. The
/// same seed gives the same result to the byte.
#[derive(Parser)]
#[command(name = "cargo xtask drill")]
struct Arguments {
    /// What happens.
    #[arg(long, value_enum, default_value_t = Scenario::Crash)]
    scenario: Scenario,
    /// Price bars to play instead of the crash built in: CSV with the header
    /// `unix_ts,open,high,low,close,volume`.
    #[arg(long, value_name = "FILE.csv")]
    prices: Option<PathBuf>,
    /// Where the random choices come from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Margin accounts.
    #[arg(long, default_value_t = 240, value_parser = clap::value_parser!(u16).range(1..))]
    accounts: u16,
    /// Print one JSON object, amounts in native units, instead of a table.
    #[arg(long)]
    json: bool,
    /// Draw price, liquidations and insurance over time.
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Scenario {
    /// A market crash on a healthy chain.
    Crash,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match play(&arguments).and_then(|report| show(&arguments, &report)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn play(arguments: &Arguments) -> Result<Report, String> {
    let bars = arguments.prices.as_deref().map_or(Ok(path::built_in()), path::read)?;
    let Scenario::Crash = arguments.scenario;
    let drill = Drill {
        scenario: "crash",
        bars: &bars,
        seed: arguments.seed,
        accounts: arguments.accounts.into(),
    };
    let bar = if arguments.json { ProgressBar::hidden() } else { ProgressBar::new(0) };
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
    bar.set_style(style.map_err(|error| error.to_string())?);
    let report = drill.run(&|message, done, all| {
        bar.set_message(message);
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    report
}

fn show(arguments: &Arguments, report: &Report) -> Result<(), String> {
    if arguments.json {
        let json = serde_json::to_string(report).map_err(|error| error.to_string())?;
        println!("{json}");
    } else {
        println!("{}", report.table());
    }
    // Last: a picture that cannot be written must not cost the result.
    arguments.svg.as_deref().map_or(Ok(()), |path| draw(report, path))
}
