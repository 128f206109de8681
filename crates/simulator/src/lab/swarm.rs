//! Several faults at once, drawn from a seed, many seeds at once.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::Serialize;

use super::invariants::Invariants;
use super::policies::Policy;
use super::scenario::{Diffusion, FaultKind, Route, Scenario, ScenarioFault};
use super::scenarios::Prepared;
use super::score::Score;
use super::settings::Settings;

/// Length of a drawn path.
const MINUTES: u64 = 40;
/// How often a swarm looks.
const STEP_MS: u64 = 6_000;
/// Margin accounts of a swarm's run.
const ACCOUNTS: usize = 24;
/// Each fault is drawn with this chance.
const CHANCE: f64 = 0.3;
/// Nothing goes wrong in the first minutes.
const CALM_S: u64 = 120;
/// What a cluster calls a slot.
const SLOTS_MS: [u64; 5] = [400, 350, 300, 250, 200];
/// Seeds listed.
const WORST: usize = 10;

/// A scenario drawn from a seed.
pub fn draw(seed: u64) -> Scenario {
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let begins = |random: &mut ChaCha20Rng| random.random_range(CALM_S..MINUTES * 40);
    let faults = kinds(&mut random).into_iter().filter_map(|(what, longest_s)| {
        if !random.random_bool(CHANCE) {
            return None;
        }
        let at_s = begins(&mut random);
        Some(ScenarioFault { at_s, lasts_s: random.random_range(15..=longest_s), what })
    });
    let faults: Vec<_> = faults.collect();
    Scenario {
        name: format!("swarm-{seed}"),
        about: "several faults at once".to_owned(),
        source: String::new(),
        slot_ms: *SLOTS_MS.choose(&mut random).unwrap_or(&400),
        epoch_slots: *[500, 216_000].choose(&mut random).unwrap_or(&216_000),
        step_ms: STEP_MS,
        prices: Route::Diffusion(Diffusion {
            start: 200,
            minutes: MINUTES,
            minute_ppm: random.random_range(400..6_000),
            jumps_per_day: random.random_range(0..120),
            jump_bps: random.random_range(50..800),
            drift_ppm: random.random_range(-5_000..3_000),
        }),
        faults,
    }
}

/// What can go wrong, and how long at the most, seconds.
fn kinds(random: &mut ChaCha20Rng) -> Vec<(FaultKind, u64)> {
    vec![
        (FaultKind::Halt { restarts: random.random_bool(0.4) }, 900),
        (FaultKind::VotesOnly, 600),
        (FaultKind::Slow { slot_ms: random.random_range(600..3_000) }, 300),
        (FaultKind::Skip { percent: random.random_range(10..90) }, 300),
        (FaultKind::Fork, 30),
        (FaultKind::Nominal { slot_ms: *SLOTS_MS.choose(random).unwrap_or(&400) }, 60),
        (FaultKind::Congestion { load_percent: random.random_range(80..1_000) }, 600),
        (FaultKind::FeedsSilent, 300),
        (FaultKind::FeedLies { percent: random.random_range(50..150) }, 300),
        (FaultKind::FeedsLate { ms: random.random_range(1_000..40_000) }, 300),
        (FaultKind::FeedsUnsure { bps: random.random_range(10..500) }, 300),
        (FaultKind::Rpc { lag_ms: random.random_range(5_000..60_000) }, 300),
    ]
}

/// Plays one seed under a policy, and checks the invariants after every step.
///
/// # Errors
/// What does not hold, or what went wrong.
pub fn play(seed: u64, policy: Policy) -> Result<Score, String> {
    let stage = prepared(seed, &Settings::default())?.stage()?;
    let mut invariants = Invariants::new(stage.book(), stage.span().0);
    stage.play(policy, &mut |chain, venue| invariants.look(chain, venue))
}

/// A seed's scenario with its prices.
///
/// # Errors
/// Never: they are drawn.
pub fn prepared(seed: u64, settings: &Settings) -> Result<Prepared, String> {
    let drawn = Prepared::on_its_own(draw(seed), None, seed, ACCOUNTS)?;
    Ok(Prepared { settings: settings.clone(), ..drawn })
}

/// What many seeds came to under one policy.
#[derive(Clone, Debug, Serialize)]
pub struct Spread {
    /// The policy.
    pub policy: Policy,
    /// Seeds played.
    pub seeds: u64,
    /// Mean bad debt, native units, and half its 95 % interval.
    pub bad_debt: Mean,
    /// Share of seeds with bad debt, with its 95 % interval.
    pub any_bad_debt: Share,
    /// Share of seeds in which somebody was wronged.
    pub any_wrongful: Share,
    /// Wrongful liquidations a seed.
    pub wrongful: Mean,
    /// Exits refused a seed.
    pub exits_refused: Mean,
    /// Bad debts, how many seeds have at most this much: 0, 10¹ … 10⁶ dollars.
    pub histogram: [u64; 8],
    /// The worst seeds: seed, bad debt, wrongful liquidations.
    pub worst: Vec<(u64, u64, u64)>,
}

/// A mean with half its 95 % interval.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Mean {
    /// Mean.
    pub mean: f64,
    /// Half the interval: 1.96 standard errors.
    pub half: f64,
}

/// A share with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Share {
    /// Share.
    pub share: f64,
    /// Lower end (Wilson).
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What is kept of a seed.
#[derive(Clone, Copy, Debug)]
struct Brief {
    seed: u64,
    bad_debt: u64,
    wrongful: u64,
    exits_refused: u64,
}

/// Plays `seeds` from `first` on under each policy, on all cores; `progress` hears how many are
/// done.
///
/// # Errors
/// The first seed that fails, with why: it can be replayed alone.
pub fn spread(
    first: u64,
    seeds: u64,
    policies: &[Policy],
    settings: &Settings,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Spread>, String> {
    let (next, done) = (AtomicU64::new(first), AtomicU64::new(0));
    let found = Mutex::new(Vec::new());
    let failed = Mutex::new(None);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let stop = failed.lock().is_ok_and(|failed| failed.is_some());
            if seed >= first + seeds || stop {
                return;
            }
            match briefs(seed, policies, settings) {
                Ok(briefs) => found.lock().expect("nobody panics here").push(briefs),
                Err(reason) => {
                    *failed.lock().expect("nobody panics here") =
                        Some(format!("seed {seed}: {reason}"));
                }
            }
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    if let Some(reason) = failed.into_inner().ok().flatten() {
        return Err(reason);
    }
    let mut found = found.into_inner().map_err(|_| "a thread panicked".to_owned())?;
    found.sort_by_key(|briefs: &Vec<Brief>| briefs[0].seed);
    let of = |index: usize| found.iter().map(move |briefs| briefs[index]).collect::<Vec<_>>();
    Ok(policies.iter().enumerate().map(|(index, policy)| summary(*policy, &of(index))).collect())
}

fn briefs(seed: u64, policies: &[Policy], settings: &Settings) -> Result<Vec<Brief>, String> {
    let stage = prepared(seed, settings)?.stage()?;
    let brief = |policy: &Policy| {
        let mut invariants = Invariants::new(stage.book(), stage.span().0);
        // The other venues are models: it is ours that has to hold.
        let score = if *policy == Policy::Holdfast {
            stage.play_and_leave(*policy, &mut |chain, venue| invariants.look(chain, venue))
        } else {
            stage.play(*policy, &mut |_, _| Ok(()))
        };
        let score = score.map_err(|reason| format!("{}: {reason}", policy.name()))?;
        Ok(Brief {
            seed,
            bad_debt: score.bad_debt,
            wrongful: score.wrongful,
            exits_refused: score.exits_refused,
        })
    };
    policies.iter().map(brief).collect()
}

fn summary(policy: Policy, briefs: &[Brief]) -> Spread {
    let count = |is: &dyn Fn(&Brief) -> bool| briefs.iter().filter(|brief| is(brief)).count();
    let mut histogram = [0; 8];
    for brief in briefs {
        let dollars = brief.bad_debt / 1_000_000;
        let place = if brief.bad_debt == 0 { 0 } else { dollars.max(1).ilog10() as usize + 1 };
        histogram[place.min(7)] += 1;
    }
    let mut worst: Vec<_> =
        briefs.iter().map(|brief| (brief.seed, brief.bad_debt, brief.wrongful)).collect();
    worst.sort_by_key(|(seed, bad_debt, wrongful)| {
        (std::cmp::Reverse(*bad_debt), std::cmp::Reverse(*wrongful), *seed)
    });
    worst.truncate(WORST);
    Spread {
        policy,
        seeds: briefs.len() as u64,
        bad_debt: mean(briefs.iter().map(|brief| brief.bad_debt)),
        any_bad_debt: share(count(&|brief| brief.bad_debt > 0), briefs.len()),
        any_wrongful: share(count(&|brief| brief.wrongful > 0), briefs.len()),
        wrongful: mean(briefs.iter().map(|brief| brief.wrongful)),
        exits_refused: mean(briefs.iter().map(|brief| brief.exits_refused)),
        histogram,
        worst,
    }
}

/// The mean of some counts, with half its 95 % interval.
fn mean(values: impl Iterator<Item = u64> + Clone) -> Mean {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().map(|value| value as f64).sum::<f64>() / count;
    let squares = values.map(|value| (value as f64 - mean).powi(2)).sum::<f64>();
    let variance = squares / (count - 1.0).max(1.0);
    Mean { mean, half: 1.96 * (variance / count).sqrt() }
}

/// A share with its interval by E. B. Wilson, Journal of the American Statistical Association 22,
/// 1927: right for rare events too.
fn share(hits: usize, count: usize) -> Share {
    let (n, z) = (count.max(1) as f64, 1.96_f64);
    let share = hits as f64 / n;
    let centre = share + z * z / (2.0 * n);
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    Share {
        share,
        low: ((centre - half) / scale).max(0.0),
        high: ((centre + half) / scale).min(1.0),
    }
}

#[cfg(test)]
#[path = "swarm_tests.rs"]
mod tests;
