//! The scenarios that come with the lab, and playing many of them under every policy.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use holdfast_client::stress::{BookRisk, Disruption, Prize};
use holdfast_testkit::path::Bar;
use serde::Serialize;

use super::invariants::Invariants;
use super::policies::Policy;
use super::run::Stage;
use super::scenario::{Scenario, ScenarioFault};
use super::score::Score;
use super::settings::Settings;

/// The files of crates/simulator/scenarios: history first, then what is made up.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),*]
    };
}

const FILES: [(&str, &str); 26] = files![
    "cascade-2025-10-10",
    "halt-2024-02-06",
    "halt-2023-02-25",
    "halt-2022-10-01",
    "halt-2022-06-01",
    "halt-2022-05-01",
    "congestion-2022-01-21",
    "halt-2021-09-14",
    "crash-2021-05-19",
    "perp-2025-10-10",
    "stall",
    "stall-200",
    "slow",
    "skip",
    "votes-only",
    "restart",
    "fork",
    "nominal-step",
    "congestion",
    "feeds-silent",
    "feed-lies",
    "feeds-late",
    "feeds-unsure",
    "rpc",
    "everything",
    "ordinary-day",
];

/// What is kept of a long recorded path around an outage.
const BEFORE_MS: u64 = 1_800_000;
const AFTER_MS: u64 = 7_200_000;
/// A path without an outage is played whole up to this length.
const HOUR_MS: u64 = 3_600_000;
/// A minute's volatility that disruption is judged by, millionths.
const MINUTE_PPM: u64 = 800;

/// Every scenario that comes with the lab.
///
/// # Errors
/// What is wrong with one of them.
pub fn built_in() -> Result<Vec<Scenario>, String> {
    FILES.iter().map(|(name, text)| Scenario::parse(name, text)).collect()
}

/// Leaves one scenario without an outage: on recorded prices all of them are the same.
pub fn keep_one_calm(scenarios: &mut Vec<Scenario>) {
    let mut calm = 0;
    scenarios.retain(|scenario| {
        calm += usize::from(scenario.faults.is_empty());
        !scenario.faults.is_empty() || calm == 1
    });
    for scenario in scenarios.iter_mut().filter(|scenario| scenario.faults.is_empty()) {
        "prices-alone".clone_into(&mut scenario.name);
        "nothing goes wrong but the price".clone_into(&mut scenario.about);
        scenario.source.clear();
    }
}

/// The scenario of a name, or in a file.
///
/// # Errors
/// When it is neither, or what is wrong with the file.
pub fn named(name: &str) -> Result<Scenario, String> {
    if let Some((name, text)) = FILES.iter().find(|(known, _)| *known == name) {
        return Scenario::parse(name, text);
    }
    if !name.ends_with(".toml") {
        let known: Vec<_> = FILES.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "no scenario is called `{name}`: take a file that ends with .toml, or one of {}",
            known.join(", ")
        ));
    }
    let text = std::fs::read_to_string(name).map_err(|error| format!("{name}: {error}"))?;
    Scenario::parse(name, &text)
}

/// A scenario with the prices it is played on.
pub struct Prepared {
    /// The scenario; on recorded prices its faults begin when they should there.
    pub scenario: Scenario,
    /// A path for each market.
    pub paths: Vec<Vec<Bar>>,
    /// Where the prices are from.
    pub about: String,
    /// Where the random choices come from.
    pub seed: u64,
    /// Margin accounts.
    pub accounts: usize,
    /// What differs from the presets in our market.
    pub settings: Settings,
}

impl Prepared {
    /// On the scenario's own prices.
    ///
    /// # Errors
    /// What is wrong with a recorded file.
    pub fn on_its_own(
        scenario: Scenario,
        data: Option<&Path>,
        seed: u64,
        accounts: usize,
    ) -> Result<Self, String> {
        let paths = vec![scenario.bars(data, seed)?];
        let about = scenario.prices_about(data);
        Ok(Self { scenario, paths, about, seed, accounts, settings: Settings::default() })
    }

    /// On recorded prices, the first fault beginning at `outage_ms`, or with the hour in which the
    /// first market's price moves most. Of a long path only what lies around the outage is played.
    ///
    /// # Errors
    /// When the outage lies outside the prices.
    pub fn on_recorded(
        scenario: Scenario,
        paths: &[Vec<Bar>],
        outage_ms: Option<u64>,
        seed: u64,
        accounts: usize,
    ) -> Result<Self, String> {
        let mut prepared = Self {
            scenario,
            paths: paths.to_vec(),
            about: "recorded".to_owned(),
            seed,
            accounts,
            settings: Settings::default(),
        };
        let Some(first) = prepared.scenario.faults.iter().map(|fault| fault.at_s).min() else {
            return Ok(prepared);
        };
        let begins = paths[0][0].opened_ms;
        let outage = outage_ms.unwrap_or_else(|| liveliest_hour(&paths[0]));
        let last = |fault: &ScenarioFault| fault.at_s + fault.lasts_s - first;
        let lasts_ms = prepared.scenario.faults.iter().map(last).max().unwrap_or(0) * 1_000;
        let from = begins.max(outage.saturating_sub(BEFORE_MS));
        let to = outage + lasts_ms + AFTER_MS;
        for path in &mut prepared.paths {
            path.retain(|bar| (from..to).contains(&bar.opened_ms));
        }
        let ends = prepared.paths.iter().filter_map(|path| path.last()).map(|bar| bar.opened_ms);
        let ends = ends.min().unwrap_or(0);
        if prepared.paths.iter().any(Vec::is_empty) || !(from..ends).contains(&outage) {
            return Err(format!(
                "{}: the outage begins outside the prices: take another --outage-at",
                prepared.scenario.name
            ));
        }
        let from = prepared.paths.iter().map(|path| path[0].opened_ms).max().unwrap_or(from);
        for fault in &mut prepared.scenario.faults {
            fault.at_s = fault.at_s - first + outage.saturating_sub(from) / 1_000;
        }
        Ok(prepared)
    }

    /// Ready to be played.
    ///
    /// # Errors
    /// When the prices have no time in common.
    pub fn stage(&self) -> Result<Stage, String> {
        Stage::set(&self.scenario, &self.paths, self.seed, self.accounts, &self.settings)
    }
}

/// When the hour begins in which a price moves most.
fn liveliest_hour(bars: &[Bar]) -> u64 {
    let moved = |bar: &Bar| {
        let hour = bar.opened_ms..bar.opened_ms + HOUR_MS;
        let within = bars.iter().skip_while(|other| other.opened_ms < bar.opened_ms);
        let within: Vec<_> = within.take_while(|other| hour.contains(&other.opened_ms)).collect();
        let low = within.iter().map(|bar| bar.low).min().unwrap_or(bar.low);
        let high = within.iter().map(|bar| bar.high).max().unwrap_or(bar.high);
        (high - low) * 1_000_000 / low.max(1)
    };
    // Every bar of a month would take long: a look every ten minutes is enough.
    let mut next = 0;
    let looks = bars.iter().filter(|bar| {
        let due = bar.opened_ms >= next;
        if due {
            next = bar.opened_ms + HOUR_MS / 6;
        }
        due
    });
    let looks: Vec<_> = looks.collect();
    looks.into_iter().max_by_key(|bar| moved(bar)).map_or(0, |bar| bar.opened_ms)
}

/// A scenario under every policy.
#[derive(Clone, Debug, Serialize)]
pub struct Played {
    /// What happened.
    pub scenario: Scenario,
    /// When the path began, milliseconds since 1970.
    pub began_ms: u64,
    /// Margin accounts.
    pub accounts: usize,
    /// Where the prices are from.
    pub prices: String,
    /// What it came to, by policy.
    pub scores: Vec<(Policy, Score)>,
    /// The book before anything happened.
    pub book: BookRisk,
    /// What disrupting the chain would cost and gain, with the largest gain of a taker under our
    /// policy.
    pub disruption: Vec<Disruption>,
}

/// Plays everything under every policy, on all cores; `progress` hears how many parts of the work
/// are done. The invariants of ours are checked after every step.
///
/// # Errors
/// What went wrong, with the scenario's name.
pub fn play_all(
    prepared: &[Prepared],
    policies: &[Policy],
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Played>, String> {
    let stages: Vec<Stage> = prepared.iter().map(Prepared::stage).collect::<Result<_, _>>()?;
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let scores = Mutex::new(vec![None; stages.len() * policies.len()]);
    let work = || {
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            let Some(stage) = stages.get(part / policies.len()) else { return };
            let policy = policies[part % policies.len()];
            let mut invariants = Invariants::new(stage.book(), stage.span().0);
            let score = stage.compare(policy, &mut |chain, venue| {
                if policy == Policy::Holdfast { invariants.look(chain, venue) } else { Ok(()) }
            });
            scores.lock().expect("nobody panics here")[part] = Some(score);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let scores = scores.into_inner().map_err(|_| "a thread panicked".to_owned())?;
    let parts = prepared.iter().zip(&stages).zip(scores.chunks(policies.len()));
    parts
        .map(|((prepared, stage), scores)| {
            let named = |(policy, score): (&Policy, &Option<Result<Score, String>>)| {
                let score = score.clone().ok_or_else(|| "it was not played".to_owned()).flatten();
                let score = score.map_err(|reason| {
                    format!("{}, {}: {reason}", prepared.scenario.name, policy.name())
                })?;
                Ok((*policy, score))
            };
            let scores =
                policies.iter().zip(scores).map(named).collect::<Result<Vec<_>, String>>()?;
            played(prepared, stage, scores)
        })
        .collect()
}

fn played(
    prepared: &Prepared,
    stage: &Stage,
    scores: Vec<(Policy, Score)>,
) -> Result<Played, String> {
    let prices = stage.first_prices();
    let book = stage.book().shown();
    let book = book.risk(prices).map_err(|error| format!("the book: {error:?}"))?;
    let option = scores.first().map_or(0, |(_, score)| score.option_ppm);
    let prize = Prize {
        open: stage.book().silo.open_notional,
        minute_ppm: MINUTE_PPM,
        penalty_bps: stage.book().markets[0].terms.penalty_bps.into(),
        option_ppm: option,
        slot_ms: prepared.scenario.slot_ms,
    };
    Ok(Played {
        scenario: prepared.scenario.clone(),
        began_ms: stage.span().0,
        accounts: prepared.accounts,
        prices: prepared.about.clone(),
        disruption: prize.disruptions(),
        scores,
        book,
    })
}

/// Plays ours by the rules and through the compiled program: they have to agree to the unit.
///
/// # Errors
/// Where they differ.
pub fn compare_with_program(prepared: &Prepared) -> Result<(), String> {
    let stage = prepared.stage()?;
    let seen = RefCell::new(VecDeque::new());
    let scores = stage.play_both(
        &mut |_, venue| {
            seen.borrow_mut().push_back(venue.book().clone());
            Ok(())
        },
        &mut |chain, venue| {
            let expected = seen.borrow_mut().pop_front().ok_or("the program's run is longer")?;
            let differs = expected.difference(venue.book());
            differs.map_or(Ok(()), |what| {
                Err(format!("{what} differs at {} ms since 1970", chain.now_ms()))
            })
        },
    )?;
    let [rules, program] = scores.map(|score| serde_json::to_string(&score));
    if rules.ok() == program.ok() { Ok(()) } else { Err("the scores differ".to_owned()) }
}

#[cfg(test)]
#[path = "scenarios_tests.rs"]
mod tests;
