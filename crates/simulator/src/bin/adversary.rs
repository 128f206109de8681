//! The searching attacker from the command line; `cargo xtask adversary` builds the program first
//! and calls this.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use holdfast_simulator::adversary::search::Found;
use holdfast_simulator::adversary::{Honest, Search, Stage};
use holdfast_testkit::elf;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// Searches for gain against the venue on the compiled program.
///
/// From every seed an attacker with two accounts, its own keeper and its own price poster climbs
/// towards what gains most at no market exposure. The same seed gives the same result.
#[derive(Parser)]
#[command(name = "cargo xtask adversary")]
struct Arguments {
    /// How many seeds to search from.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// Search from this seed alone, and print the moves.
    #[arg(long)]
    seed: Option<u64>,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Changes tried from each seed.
    #[arg(long, default_value_t = 40)]
    climb: u32,
    /// Searches at the same time; by default one for each processor.
    #[arg(long)]
    threads: Option<usize>,
    /// Let honest people post prices every second too; otherwise some seeds leave that to the attacker.
    #[arg(long)]
    kept: bool,
    /// Let some seeds do without the honest keeper: what is gained there is the worth of assuming one
    /// honest observer, and no hole.
    #[arg(long, conflicts_with = "kept")]
    deserted: bool,
    /// Another compiled program.
    #[arg(long, value_name = "FILE.so")]
    program: Option<PathBuf>,
    /// Print one JSON object, amounts in native units.
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn honest(&self) -> Honest {
        match (self.kept, self.deserted) {
            (true, _) => Honest::All,
            (false, false) => Honest::Keeper,
            (false, true) => Honest::Nobody,
        }
    }
}

/// What a search over seeds came to.
#[derive(Serialize)]
struct Summary {
    seeds: u64,
    best_profit: i64,
    seed: u64,
    liveness_violations: u64,
}

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
    let elf = match &arguments.program {
        Some(path) => {
            std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?
        }
        None => elf::read()?,
    };
    if let Some(seed) = arguments.seed {
        return replay(&elf, seed, arguments);
    }
    let began = Instant::now();
    let found = search(&elf, arguments)?;
    let best = found.iter().max_by_key(|found| (found.profit, std::cmp::Reverse(found.seed)));
    let summary = Summary {
        seeds: arguments.seeds,
        best_profit: best.map_or(0, |best| best.profit),
        seed: best.map_or(0, |best| best.seed),
        liveness_violations: found.iter().map(|found| u64::from(found.violations)).sum(),
    };
    if arguments.json {
        println!("{}", serde_json::to_string(&summary).map_err(|error| error.to_string())?);
        return Ok(());
    }
    print(&summary, &found, began);
    Ok(())
}

fn search(elf: &[u8], arguments: &Arguments) -> Result<Vec<Found>, String> {
    let bar =
        if arguments.json { ProgressBar::hidden() } else { ProgressBar::new(arguments.seeds) };
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} seeds, {per_sec} {msg}");
    bar.set_style(style.map_err(|error| error.to_string())?);
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, found) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let work = || -> Result<(), String> {
        let stage = Stage::open(elf)?;
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= arguments.seeds {
                return Ok(());
            }
            let one = Search::new(&stage, arguments.first + index, arguments.honest())
                .run(arguments.climb);
            if !arguments.json && (one.profit > 0 || one.violations > 0) {
                bar.suspend(|| println!("{}", line(&stage, &one, arguments.honest())));
            }
            bar.inc(1);
            found.lock().map_err(|error| error.to_string())?.push(one);
        }
    };
    let threads = arguments.threads.unwrap_or(available).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let ended = workers.into_iter().map(|worker| match worker.join() {
            Ok(ended) => ended,
            Err(_) => Err("a search stopped".to_owned()),
        });
        ended.collect::<Result<(), String>>()
    })?;
    bar.finish_and_clear();
    let mut found = found.into_inner().map_err(|error| error.to_string())?;
    found.sort_by_key(|one| one.seed);
    Ok(found)
}

/// A seed that gained or kept an account from being liquidated, and what was remarkable.
fn line(stage: &Stage, one: &Found, honest: Honest) -> String {
    let mut search = Search::new(stage, one.seed, honest);
    let mut clues = search.replay(&one.moves, 0).trace.clues;
    if let Some(shield) = &one.shield {
        clues.extend(search.replay(shield, 0).trace.clues);
    }
    clues.extend(one.stuck.iter().cloned());
    let clues: Vec<_> = clues.into_iter().collect();
    let (seed, gained, late) = (one.seed, dollars(one.profit), one.violations);
    format!("seed {seed}: gains {gained}, {late} not liquidated in time; {}", clues.join("; "))
}

fn print(summary: &Summary, found: &[Found], began: Instant) {
    let attempts: u64 = found.iter().map(|one| one.attempts).sum();
    println!(
        "{} seeds, {attempts} attempts in {:.0} s; best {} (seed {}), {} not liquidated in time",
        summary.seeds,
        began.elapsed().as_secs_f64(),
        dollars(summary.best_profit),
        summary.seed,
        summary.liveness_violations,
    );
}

fn replay(elf: &[u8], seed: u64, arguments: &Arguments) -> Result<(), String> {
    let stage = Stage::open(elf)?;
    let found = Search::new(&stage, seed, arguments.honest()).run(arguments.climb);
    let summary = Summary {
        seeds: 1,
        best_profit: found.profit,
        seed,
        liveness_violations: u64::from(found.violations),
    };
    if arguments.json {
        println!("{}", serde_json::to_string(&summary).map_err(|error| error.to_string())?);
        return Ok(());
    }
    println!("{:?}", found.theatre);
    let mut search = Search::new(&stage, seed, arguments.honest());
    if found.profit > 0 {
        let half = i128::from(found.profit) / 2;
        let moves = search
            .minimise(&found.moves, |outcome| outcome.profit > half.min(outcome.profit / 2).max(0));
        println!("gains {} ({:?} on new courses) with:", dollars(found.profit), found.proofs);
        show(&mut search, &moves);
    } else {
        println!("gains nothing; the best was {}", dollars(found.profit));
    }
    for line in &found.stuck {
        println!("{line}");
    }
    if let Some(shield) = &found.shield {
        let moves = search.minimise(shield, |outcome| outcome.violations > 0);
        println!("an account was not liquidated in time with:");
        show(&mut search, &moves);
    }
    Ok(())
}

fn show(search: &mut Search, moves: &[holdfast_simulator::adversary::grammar::Move]) {
    for step in moves {
        println!("  {step}");
    }
    let outcome = search.replay(moves, 0);
    println!("so that {} is gained:", dollars(i64::try_from(outcome.profit).unwrap_or(i64::MAX)));
    for line in outcome.trace.lines {
        println!("  {line}");
    }
    for clue in outcome.trace.clues {
        println!("  * {clue}");
    }
}

fn dollars(units: i64) -> String {
    let sign = if units < 0 { "-" } else { "" };
    format!(
        "{sign}${}.{:02}",
        units.unsigned_abs() / 1_000_000,
        units.unsigned_abs() / 10_000 % 100
    )
}
