//! The drills from the command line; `cargo xtask drill` builds the program first and calls this.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use holdfast_simulator::drill::{
    Drill, Guarding, Healing, POOLS_HEAL, Report, SCENARIOS, Scenario, draw, guarding_overview,
    overview,
};
use holdfast_testkit::path::Bar;
use holdfast_testkit::recording::{self, Recording, When};
use indicatif::{ProgressBar, ProgressStyle};

/// Plays a crash or an outage on the compiled program, with the keeper's own decisions, and says
/// what it cost.
///
/// Hundreds of margin accounts on two markets live through the path on an embedded cluster. The
/// same seed gives the same result to the byte.
#[derive(Parser)]
#[command(name = "cargo xtask drill")]
struct Arguments {
    /// What happens.
    #[arg(long, value_parser = named(), default_value = "crash")]
    scenario: Choice,
    /// Recorded prices to play instead of the scenario's own: CSV as exchanges export candles, with
    /// or without header, oldest or newest first. Several files are several markets.
    #[arg(long, value_name = "FILE.csv", value_delimiter = ',')]
    prices: Vec<PathBuf>,
    /// When the outage begins: a date such as `2021-09-14 12:00` (UTC), seconds since 1970, or so
    /// long after the first price as `+90m` or `+2h`; else as the scenario has it.
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    outage_at: Option<When>,
    /// Where the random choices come from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Margin accounts.
    #[arg(long, default_value_t = 240, value_parser = clap::value_parser!(u16).range(1..))]
    accounts: u16,
    /// Play it without guards and again with guards over half of the accounts, and print what these came
    /// to instead.
    #[arg(long)]
    guarded: bool,
    /// Print one JSON object, or an array of them for all, amounts in native units, instead of a
    /// table.
    #[arg(long)]
    json: bool,
    /// Draw price, state of the chain, liquidations and insurance over time; for one scenario.
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,
}

#[derive(Clone, Copy)]
enum Choice {
    One(&'static Scenario),
    All,
    PoolsHeal,
}

fn named() -> impl TypedValueParser<Value = Choice> {
    let each = SCENARIOS.iter().map(|known| PossibleValue::new(known.name).help(known.about));
    let all = PossibleValue::new("all").help("every one that plays prices");
    let heal = PossibleValue::new(POOLS_HEAL).help(
        "four fifths of insurance are gone, then people trade for thirty days: by the rules alone",
    );
    PossibleValuesParser::new(each.chain([all, heal])).map(|name| match Scenario::named(&name) {
        Some(scenario) => Choice::One(scenario),
        None if name == POOLS_HEAL => Choice::PoolsHeal,
        None => Choice::All,
    })
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.scenario {
        Choice::One(scenario) if arguments.guarded => guarded(&arguments, &[scenario]),
        Choice::All if arguments.guarded => {
            guarded(&arguments, &SCENARIOS.iter().collect::<Vec<_>>())
        }
        Choice::One(scenario) => one(&arguments, scenario),
        Choice::All => all(&arguments),
        Choice::PoolsHeal => pools_heal(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn one(arguments: &Arguments, scenario: &'static Scenario) -> Result<(), String> {
    let report = play(arguments, scenario, false)?;
    if arguments.json {
        println!("{}", json(&report)?);
    } else {
        println!("{}", report.table());
    }
    // Last: a picture that cannot be written must not cost the result.
    arguments.svg.as_deref().map_or(Ok(()), |path| draw(&report, path))
}

fn all(arguments: &Arguments) -> Result<(), String> {
    if arguments.svg.is_some() {
        return Err("--svg is for one scenario".to_owned());
    }
    let asked = |scenario: &&Scenario| arguments.outage_at.is_none() || !scenario.phases.is_empty();
    let reports = SCENARIOS.iter().filter(asked).map(|scenario| play(arguments, scenario, false));
    let reports: Vec<_> = reports.collect::<Result<_, _>>()?;
    if arguments.json {
        println!("{}", json(&reports)?);
    } else {
        println!("{}", overview(&reports));
    }
    Ok(())
}

/// What guards came to in each scenario that has an outage, if one is to begin at a time.
fn guarded(arguments: &Arguments, scenarios: &[&'static Scenario]) -> Result<(), String> {
    if arguments.svg.is_some() {
        return Err("--svg shows one run and --guarded plays two: leave one of them out".to_owned());
    }
    let asked = |scenario: &&&'static Scenario| {
        scenarios.len() == 1 || arguments.outage_at.is_none() || !scenario.phases.is_empty()
    };
    let compared = scenarios.iter().filter(asked).map(|&scenario| {
        let without = play(arguments, scenario, false)?;
        Guarding::new(&without, &play(arguments, scenario, true)?)
    });
    let compared: Vec<_> = compared.collect::<Result<_, String>>()?;
    println!("{}", if arguments.json { json(&compared)? } else { guarding_overview(&compared) });
    Ok(())
}

fn pools_heal(arguments: &Arguments) -> Result<(), String> {
    let Arguments { prices, outage_at, svg, guarded, .. } = arguments;
    if !prices.is_empty() || outage_at.is_some() || svg.is_some() || *guarded {
        let reason = "has neither prices nor an outage nor accounts: leave out --prices, --outage-at, \
                      --svg and --guarded";
        return Err(format!("{POOLS_HEAL} {reason}"));
    }
    let healing = Healing::of(arguments.seed);
    let healing = healing.map_err(|error| format!("an amount does not fit: {error:?}"))?;
    println!("{}", if arguments.json { json(&healing)? } else { healing.table() });
    Ok(())
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, String> {
    serde_json::to_string(value).map_err(|error| error.to_string())
}

fn play(
    arguments: &Arguments,
    scenario: &'static Scenario,
    guarded: bool,
) -> Result<Report, String> {
    let paths = paths(&arguments.prices, scenario)?;
    let outage_ms = arguments.outage_at.map(|when| when.after(paths[0][0].opened_ms));
    let accounts = arguments.accounts.into();
    let seed = arguments.seed;
    let drill = Drill { scenario, paths: &paths, outage_ms, seed, accounts, guarded };
    let bar = if arguments.json { ProgressBar::hidden() } else { ProgressBar::new(0) };
    let style = ProgressStyle::with_template("{prefix}: {msg} {wide_bar} {pos}/{len}");
    bar.set_style(style.map_err(|error| error.to_string())?);
    bar.set_prefix(scenario.name);
    let report = drill.run(&|message, done, all| {
        bar.set_message(message);
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    report.map_err(|reason| format!("{}: {reason}", scenario.name))
}

/// The recorded paths, each told in a line, or else the scenario's own.
fn paths(files: &[PathBuf], scenario: &Scenario) -> Result<Vec<Vec<Bar>>, String> {
    if files.is_empty() {
        return Ok(vec![(scenario.prices)()]);
    }
    let read = |file: &PathBuf| {
        let Recording { bars, about } = recording::read(file)?;
        eprintln!("{about}");
        Ok(bars)
    };
    files.iter().map(read).collect()
}
