//! The queue in front of a leader: who lands when blocks are crowded.
//!
//! Transactions of three classes wait for one server, the block, and the dearer class goes first
//! without interrupting what is being executed. For a load that the server can carry the mean wait
//! has a closed form (A. Cobham, Priority Assignment in Waiting Line Problems, Operations Research
//! 2:1, 1954); the simulated queue beside it says how far that can be trusted here.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};

/// What somebody pays for a place in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Keepers, who bid for what they earn.
    Urgent,
    /// People who pay for priority.
    Paying,
    /// Everybody else, and noise.
    Plain,
}

/// Classes, the dearest first.
pub const CLASSES: [Class; 3] = [Class::Urgent, Class::Paying, Class::Plain];
/// Share of each class in what is sent, percent.
const SHARES: [u64; 3] = [2, 18, 80];
/// Execution times, in thousandths of the mean, and how many in ten take this long: many small
/// transactions and a few large ones.
const SERVICES: [(u64, u64); 2] = [(400, 8), (3_400, 2)];

impl Class {
    /// How many in a hundred attempts land while `load_percent` of what blocks hold is sent: whoever
    /// pays less gets what is left.
    pub fn landing_percent(self, load_percent: u64) -> u64 {
        let rank = CLASSES.iter().position(|class| *class == self).unwrap_or(0);
        let sent = |share: u64| load_percent * share / 100;
        let dearer: u64 = SHARES.iter().take(rank).copied().map(sent).sum();
        let own = sent(SHARES[rank]).max(1);
        (100_u64.saturating_sub(dearer) * 100 / own).min(100)
    }
}

/// Mean wait of a class before it is executed, in mean execution times.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Wait {
    /// The class.
    pub class: Class,
    /// Share of the time the server is busy, percent.
    pub load_percent: u64,
    /// By the closed form.
    pub closed_form: f64,
    /// In the simulated queue.
    pub simulated: f64,
}

impl Wait {
    /// By how much the simulation differs from the closed form, percent of the latter.
    pub fn difference_percent(&self) -> f64 {
        (self.simulated / self.closed_form - 1.0) * 100.0
    }
}

/// Mean waits at loads below one, closed form and simulation of `served` transactions side by side.
pub fn waits(served: usize, seed: u64) -> Vec<Wait> {
    let loads = [50, 70, 80, 90, 95];
    let at = |load_percent: u64| {
        let simulated = simulate(load_percent, served, seed);
        CLASSES.into_iter().enumerate().map(move |(rank, class)| Wait {
            class,
            load_percent,
            closed_form: closed_form(rank, load_percent),
            simulated: simulated[rank],
        })
    };
    loads.into_iter().flat_map(at).collect()
}

/// `λ·E[S²] ÷ 2 ÷ (1 − σ(k−1)) ÷ (1 − σ(k))`, where `σ(k)` is the load of the classes up to `k`, in
/// mean execution times.
fn closed_form(rank: usize, load_percent: u64) -> f64 {
    let load = load_percent as f64 / 100.0;
    let up_to = |count: usize| {
        let share: u64 = SHARES.iter().take(count).sum();
        load * share as f64 / 100.0
    };
    let second: f64 = SERVICES
        .iter()
        .map(|(long, of_ten)| (*long as f64 / 1e3).powi(2) * *of_ten as f64 / 10.0)
        .sum();
    load * second / 2.0 / (1.0 - up_to(rank)) / (1.0 - up_to(rank + 1))
}

/// Mean waits by class, event by event. Arrivals come one per thousandth of a mean execution time at
/// most, which is as good as a Poisson process at these loads.
fn simulate(load_percent: u64, served: usize, seed: u64) -> [f64; 3] {
    let mut random = ChaCha20Rng::seed_from_u64(seed ^ load_percent);
    let mut waiting: [std::collections::VecDeque<u64>; 3] = Default::default();
    let (mut now, mut next) = (0_u64, 0_u64);
    let (mut waited, mut count) = ([0_u64; 3], [0_u64; 3]);
    let mut left = served;
    let gap = |random: &mut ChaCha20Rng| {
        // Exponential, mean 1,000 ÷ load thousandths.
        let uniform = random.random_range(1..=1_000_000_u64) as f64 / 1e6;
        (-uniform.ln() * 100_000.0 / load_percent as f64).round() as u64
    };
    while left > 0 {
        while next <= now || waiting.iter().all(std::collections::VecDeque::is_empty) {
            let draw = random.random_range(0..100_u64);
            let rank =
                if draw < SHARES[0] { 0 } else { 1 + usize::from(draw >= SHARES[0] + SHARES[1]) };
            waiting[rank].push_back(next);
            now = now.max(if waiting.iter().map(|queue| queue.len()).sum::<usize>() == 1 {
                next
            } else {
                now
            });
            next += gap(&mut random);
        }
        let Some(rank) = (0..3).find(|rank| !waiting[*rank].is_empty()) else { continue };
        let Some(arrived) = waiting[rank].pop_front() else { continue };
        waited[rank] += now - arrived;
        count[rank] += 1;
        let draw = random.random_range(0..10_u64);
        now += if draw < SERVICES[0].1 { SERVICES[0].0 } else { SERVICES[1].0 };
        left -= 1;
    }
    std::array::from_fn(|rank| waited[rank] as f64 / count[rank].max(1) as f64 / 1e3)
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
