//! The adversary on a scenario's prices: what it gains on the compiled program.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use holdfast_testkit::{elf, path};
use serde::Serialize;

use super::scenarios::Prepared;
use crate::adversary::course::Track;
use crate::adversary::{Found, Honest, Search, Stage};

/// Changes tried from each seed.
const CLIMB: u32 = 40;
/// Prices a second.
const SECOND_MS: u64 = 1_000;

/// What the adversary came to on a scenario's prices.
#[derive(Clone, Debug, Serialize)]
pub struct Attack {
    /// The scenario.
    pub scenario: String,
    /// Seeds searched from.
    pub seeds: u64,
    /// Attempts played.
    pub attempts: u64,
    /// The largest gain at no market exposure, native units: a loss where nothing gains.
    pub best_profit: i64,
    /// The seed of that.
    pub best_seed: u64,
    /// Accounts that could not be liquidated in time, or not leave.
    pub violations: u64,
}

/// Searches from `seeds` seeds on each scenario's first path, on all cores, with an honest keeper
/// beside; `progress` hears how many searches are done.
///
/// # Errors
/// When the program was not built, or does not deploy.
pub fn search(
    prepared: &[Prepared],
    seeds: u64,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Attack>, String> {
    let elf = elf::read()?;
    let tracks: Vec<_> = prepared.iter().filter_map(|it| Some((it, track(it)?))).collect();
    let work: Vec<_> =
        (0..tracks.len()).flat_map(|place| (0..seeds).map(move |seed| (place, seed))).collect();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found = Mutex::new(Vec::new());
    let play = || -> Result<(), String> {
        let stage = Stage::open(&elf)?;
        while let Some((place, seed)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            let search = Search::new(&stage, *seed, Honest::Keeper).along(&tracks[*place].1);
            let one = search.run(CLIMB);
            found.lock().map_err(|error| error.to_string())?.push((*place, one));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
        Ok(())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(play)).collect();
        let ended = workers.into_iter().map(|worker| match worker.join() {
            Ok(ended) => ended,
            Err(_) => Err("a search stopped".to_owned()),
        });
        ended.collect::<Result<(), String>>()
    })?;
    let found = found.into_inner().map_err(|error| error.to_string())?;
    let each = tracks.iter().enumerate().map(|(place, (prepared, _))| {
        let own = found.iter().filter(|(at, _)| *at == place).map(|(_, found)| found);
        attack(prepared, &own.collect::<Vec<_>>())
    });
    Ok(each.collect())
}

fn attack(prepared: &Prepared, found: &[&Found]) -> Attack {
    let best = found.iter().max_by_key(|one| (one.profit, std::cmp::Reverse(one.seed)));
    Attack {
        scenario: prepared.scenario.name.clone(),
        seeds: found.len() as u64,
        attempts: found.iter().map(|one| one.attempts).sum(),
        best_profit: best.map_or(0, |best| best.profit),
        best_seed: best.map_or(0, |best| best.seed),
        violations: found.iter().map(|one| u64::from(one.violations)).sum(),
    }
}

/// A scenario's first path, second by second.
fn track(prepared: &Prepared) -> Option<Track> {
    let ticks = path::ticks(prepared.paths.first()?, SECOND_MS);
    let (first, last) = (ticks.first()?.at_ms, ticks.last()?.at_ms);
    let mut next = ticks.iter().peekable();
    let mut price = ticks.first()?.price;
    let seconds = (first..=last).step_by(SECOND_MS as usize).map(|at_ms| {
        while let Some(tick) = next.next_if(|tick| tick.at_ms <= at_ms) {
            price = tick.price;
        }
        price
    });
    Track::new(seconds.collect())
}
