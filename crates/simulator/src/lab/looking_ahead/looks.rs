//! What is known at a moment of a recording, and what came after it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use holdfast_risk::market::volatility::Volatility;
use holdfast_risk::{Millis, Price};
use holdfast_testkit::path::Bar;
use holdfast_testkit::recording;

/// Lengths of memory that means are tried with, minutes: first the fast ones, then the slow ones.
pub const MEMORIES: [u64; 7] = [8, 16, 32, 60, 120, 240, 480];
/// How many of them are fast.
pub const FAST: usize = 3;
/// Nothing is looked at while means have seen less.
const LEARNS: Millis = Millis::DAY;
/// Least variance of a minute, millionths squared: no forecast can do anything with a price that stands.
pub const LEAST_VARIANCE: f64 = 100.0;
const MINUTE_MS: f64 = Millis::MINUTE.0 as f64;

/// A moment. Variances are a minute's, in millionths squared.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// What the price did in the wait that follows.
    pub realised: f64,
    /// What the rules measure.
    pub measured: f64,
    /// Means of squared moves, as in [`MEMORIES`].
    pub means: [f64; MEMORIES.len()],
    /// From the last candle's range: the uncertainty that a recording of trades has instead of the
    /// confidence that feeds publish.
    pub unsure: f64,
    /// Whether its day is among the calmer half of the month's.
    pub calm: bool,
}

/// A recording of one-minute candles.
#[derive(Clone, Debug)]
pub struct Month {
    /// The file.
    pub name: String,
    /// One moment after the other, a wait apart.
    pub looks: Vec<Look>,
}

impl Month {
    /// Reads a file; `told` hears in a line what kind of file it is.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read(file: &Path, wait: Millis, told: &dyn Fn(&str)) -> Result<Self, String> {
        let read = recording::read(file)?;
        told(&read.about);
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        let looks = looks(&read.bars, wait).map_err(|reason| format!("{name}: {reason}"))?;
        Ok(Self { name, looks })
    }
}

/// A mean of squared moves, as the rules keep theirs, with a memory of its own.
fn forget(mean: f64, squared: f64, minutes: f64, memory: u64) -> f64 {
    let weight = (minutes / memory as f64).min(1.0);
    mean * (1.0 - weight) + squared / minutes * weight
}

/// What is known after a bar.
struct Known {
    closed_ms: u64,
    measured: f64,
    means: [f64; MEMORIES.len()],
    unsure: f64,
    /// Squared moves since the beginning.
    sum: f64,
}

/// Goes through the bars.
fn known(bars: &[Bar]) -> Result<Vec<Known>, String> {
    let mut volatility = Volatility::default();
    let (mut means, mut sum) = ([0.0; MEMORIES.len()], 0.0);
    let mut before: Option<&Bar> = None;
    let mut known = Vec::with_capacity(bars.len());
    for bar in bars {
        let closed_ms = bar.opened_ms + bar.lasted_ms;
        volatility = volatility
            .observe(Millis(closed_ms), Price(bar.close))
            .map_err(|error| format!("a move does not fit: {error:?}"))?;
        let minutes = bar.lasted_ms as f64 / MINUTE_MS;
        if let Some(before) = before {
            let squared = squared_move(bar.close, before.close);
            sum += squared;
            for (mean, memory) in means.iter_mut().zip(MEMORIES) {
                *mean = forget(*mean, squared, minutes, memory);
            }
        }
        before = Some(bar);
        known.push(Known {
            closed_ms,
            measured: volatility.variance as f64,
            means,
            // M. Parkinson, The Extreme Value Method for Estimating the Variance of the Rate of
            // Return, Journal of Business 53, 1980.
            unsure: squared_move(bar.high, bar.low) / (4.0 * std::f64::consts::LN_2) / minutes,
            sum,
        });
    }
    Ok(known)
}

fn squared_move(to: u64, from: u64) -> f64 {
    ((to as f64 / from as f64 - 1.0) * 1e6).powi(2)
}

/// The moments of a recording.
///
/// # Errors
/// When its candles are longer than a minute, or it is shorter than two days.
pub fn looks(bars: &[Bar], wait: Millis) -> Result<Vec<Look>, String> {
    let minutes = bars.iter().filter(|bar| bar.lasted_ms == Millis::MINUTE.0).count();
    if minutes * 10 < bars.len() * 9 {
        return Err("take candles of one minute: longer ones hide how it moves".to_owned());
    }
    let known = known(bars)?;
    let begins = bars.first().map_or(0, |bar| bar.opened_ms);
    let mut looks = Vec::new();
    let mut at = known.partition_point(|known| known.closed_ms < begins + LEARNS.0);
    while let Some(now) = known.get(at) {
        let after = known.partition_point(|known| known.closed_ms < now.closed_ms + wait.0);
        let Some(then) = known.get(after) else { break };
        let passed = (then.closed_ms - now.closed_ms) as f64 / MINUTE_MS;
        let look = Look {
            realised: ((then.sum - now.sum) / passed).max(LEAST_VARIANCE),
            measured: now.measured,
            means: now.means,
            unsure: now.unsure,
            calm: false,
        };
        looks.push((now.closed_ms / Millis::DAY.0, look));
        at = after;
    }
    let calm = calm_days(&looks);
    if calm.is_empty() {
        return Err("it is too short: take two days at least".to_owned());
    }
    Ok(looks.into_iter().map(|(day, look)| Look { calm: calm.contains(&day), ..look }).collect())
}

/// The calmer half of the days.
fn calm_days(looks: &[(u64, Look)]) -> BTreeSet<u64> {
    let mut days: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for (day, look) in looks {
        let (sum, count) = days.entry(*day).or_default();
        *sum += look.realised;
        *count += 1.0;
    }
    let mut days: Vec<_> = days.into_iter().map(|(day, (sum, count))| (sum / count, day)).collect();
    days.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    days.truncate(days.len().div_ceil(2));
    days.into_iter().map(|(_, day)| day).collect()
}

#[cfg(test)]
#[path = "looks_tests.rs"]
mod tests;
