//! The lab from the command line; `cargo xtask lab` builds the program first and calls this.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use holdfast_simulator::lab::alarms::{self, Alarms};
use holdfast_simulator::lab::attacks::{self, Attack};
use holdfast_simulator::lab::looking_ahead::{self, Month, Study};
use holdfast_simulator::lab::policies::Policy;
use holdfast_simulator::lab::queue;
use holdfast_simulator::lab::report::{Report, terminal, write};
use holdfast_simulator::lab::scenarios::{self, Prepared};
use holdfast_simulator::lab::settings::Settings;
use holdfast_simulator::lab::sizing;
use holdfast_simulator::lab::swarm::{self, Spread};
use holdfast_testkit::recording::{self, When};
use indicatif::{ProgressBar, ProgressStyle};

/// Plays crashes and outages under our policy and under those of other venues, on the same prices
/// with the same people, and says who survives what.
///
/// Everything but the adversary runs on the rules alone, as fast as they go; `--program` plays ours
/// through the compiled program. The same seed gives the same figures.
#[derive(Parser)]
#[command(name = "cargo xtask lab")]
struct Arguments {
    /// Write the page lab.html, with lab.json and lab.csv beside it, into this folder.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// What happens: names of scenarios, or files of your own; everything, if none is given.
    #[arg(long, value_name = "NAME|FILE.toml", value_delimiter = ',')]
    scenario: Vec<String>,
    /// Recorded prices to play every scenario on: CSV as exchanges export candles. Several files are
    /// several markets.
    #[arg(long, value_name = "FILE.csv", value_delimiter = ',')]
    prices: Vec<PathBuf>,
    /// When the outage begins on recorded prices: a date (UTC), seconds since 1970, or `+2h` after the
    /// first price; else with the hour in which the price moves most.
    #[arg(long, value_name = "WHEN", value_parser = When::parse, requires = "prices")]
    outage_at: Option<When>,
    /// Folder with recorded prices and slots of history; where it has none, built-in paths play.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Margin accounts.
    #[arg(long, default_value_t = 80, value_parser = clap::value_parser!(u16).range(1..=2_000))]
    accounts: u16,
    /// Replay this one seed of the swarm, and nothing else.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Seeds of the swarm, several faults at once in each.
    #[arg(long, default_value_t = 300, value_name = "COUNT")]
    seeds: u64,
    /// The swarm's first seed.
    #[arg(long, default_value_t = 1, value_name = "N")]
    first_seed: u64,
    /// Settings of our market to try instead of the presets', as in `band_bps=1500`.
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',')]
    set: Vec<String>,
    /// Seeds from which the adversary searches on each scenario's prices, on the compiled program.
    #[arg(long, default_value_t = 1, value_name = "COUNT")]
    attacks: u64,
    /// Play ours through the compiled program too, and compare it with the rules alone.
    #[arg(long)]
    program: bool,
    /// Play nothing: find out on recorded one-minute candles whether initial margin should look further
    /// ahead. A margin is fitted to these files and compared with today's on those of --unseen.
    #[arg(
        long,
        value_name = "FILE.csv",
        value_delimiter = ',',
        requires = "unseen",
        conflicts_with_all = ["scenario", "prices", "report"]
    )]
    looking_ahead: Vec<PathBuf>,
    /// What the margin of --looking-ahead is judged by: other files, best of other months.
    #[arg(long, value_name = "FILE.csv", value_delimiter = ',', requires = "looking_ahead")]
    unseen: Vec<PathBuf>,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

/// Where people and paths of named scenarios are drawn from.
const SEED: u64 = 1;
/// Transactions of the simulated queue.
const SERVED: usize = 200_000;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    if !arguments.looking_ahead.is_empty() {
        return look_ahead(arguments);
    }
    let settings = Settings::parse(&arguments.set)?;
    let mut prepared = prepare(arguments, &settings)?;
    for prepared in &mut prepared {
        prepared.settings = settings.clone();
    }
    let parts = (prepared.len() * Policy::ALL.len()) as u64;
    let bar = progress("scenarios and policies", parts);
    let played =
        scenarios::play_all(&prepared, &Policy::ALL, &|done| bar.set_position(done as u64));
    bar.finish_and_clear();
    if arguments.program {
        compare(&prepared)?;
    }
    let report = Report {
        seed: arguments.seed.unwrap_or(SEED),
        played: played?,
        spreads: spreads(arguments, &settings)?,
        first_seed: arguments.first_seed,
        waits: queue::waits(SERVED, SEED),
        alarms: recorded_slots(arguments.data.as_deref())?,
        attacks: attack(arguments, &prepared)?,
        sizing: sizing::sizing(&settings, SEED).map_err(|error| {
            format!("the sizes of insurance: an amount does not fit: {error:?}")
        })?,
    };
    if arguments.json {
        println!("{}", serde_json::to_string(&report).map_err(|error| error.to_string())?);
    } else {
        println!("{}", terminal(&report));
    }
    if let Some(folder) = &arguments.report {
        write(&report, folder)?;
        eprintln!("wrote {}", folder.join("lab.html").display());
    }
    Ok(())
}

/// The study of margin that looks ahead.
fn look_ahead(arguments: &Arguments) -> Result<(), String> {
    let (fitted, unseen) = (&arguments.looking_ahead, &arguments.unseen);
    if let Some(file) = unseen.iter().find(|file| fitted.contains(file)) {
        return Err(format!("{}: it is in both lists: leave it out of one", file.display()));
    }
    let months = |files: &[PathBuf]| {
        let read = |file: &PathBuf| {
            Month::read(file, looking_ahead::wait(), &|about| eprintln!("{about}"))
        };
        files.iter().map(read).collect::<Result<Vec<_>, _>>()
    };
    let study = Study::of(&months(fitted)?, &months(unseen)?)?;
    if arguments.json {
        println!("{}", serde_json::to_string(&study).map_err(|error| error.to_string())?);
    } else {
        println!("{}", study.table());
    }
    Ok(())
}

/// The scenarios to play with their prices.
fn prepare(arguments: &Arguments, settings: &Settings) -> Result<Vec<Prepared>, String> {
    if let Some(seed) = arguments.seed {
        return Ok(vec![swarm::prepared(seed, settings)?]);
    }
    let mut chosen = match &arguments.scenario[..] {
        [] => scenarios::built_in()?,
        names => names.iter().map(|name| scenarios::named(name)).collect::<Result<_, _>>()?,
    };
    let accounts = usize::from(arguments.accounts);
    if arguments.prices.is_empty() {
        let data = arguments.data.as_deref();
        let own = |scenario| Prepared::on_its_own(scenario, data, SEED, accounts);
        return chosen.into_iter().map(own).collect();
    }
    let recorded = arguments.prices.iter().map(|file| {
        let read = recording::read(file)?;
        eprintln!("{}", read.about);
        Ok(read.bars)
    });
    let recorded = recorded.collect::<Result<Vec<_>, String>>()?;
    if arguments.scenario.is_empty() {
        scenarios::keep_one_calm(&mut chosen);
    }
    let outage = arguments.outage_at.map(|when| when.after(recorded[0][0].opened_ms));
    let on = |scenario| Prepared::on_recorded(scenario, &recorded, outage, SEED, accounts);
    chosen.into_iter().map(on).collect()
}

fn compare(prepared: &[Prepared]) -> Result<(), String> {
    let bar = progress("through the compiled program", prepared.len() as u64);
    for prepared in prepared {
        scenarios::compare_with_program(prepared)
            .map_err(|reason| format!("{}: {reason}", prepared.scenario.name))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    eprintln!("the compiled program and the rules alone agree to the unit");
    Ok(())
}

fn attack(arguments: &Arguments, prepared: &[Prepared]) -> Result<Vec<Attack>, String> {
    if arguments.seed.is_some() || arguments.attacks == 0 {
        return Ok(Vec::new());
    }
    let bar = progress("the adversary's searches", prepared.len() as u64 * arguments.attacks);
    let found = attacks::search(prepared, arguments.attacks, &|done| bar.set_position(done as u64));
    bar.finish_and_clear();
    found
}

fn spreads(arguments: &Arguments, settings: &Settings) -> Result<Vec<Spread>, String> {
    if arguments.seed.is_some() || arguments.seeds == 0 {
        return Ok(Vec::new());
    }
    let bar = progress("seeds", arguments.seeds);
    let (first, seeds) = (arguments.first_seed, arguments.seeds);
    let spreads =
        swarm::spread(first, seeds, &Policy::ALL, settings, &|done| bar.set_position(done));
    bar.finish_and_clear();
    spreads
}

/// False alarms on the slots that were recorded.
fn recorded_slots(data: Option<&Path>) -> Result<Vec<(String, Alarms)>, String> {
    let Some(folder) = data else { return Ok(Vec::new()) };
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| name(file).starts_with("solana_slots_10min"));
    files.sort();
    files.iter().map(|file| Ok((name(file), alarms::live_through(file)?))).collect()
}

fn progress(what: &'static str, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{prefix}: {wide_bar} {pos}/{len} {eta}");
    bar.set_style(style.expect("the template is well formed"));
    bar.set_prefix(what);
    bar
}
