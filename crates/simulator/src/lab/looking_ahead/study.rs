//! The study: a candidate is fitted on some months and compared with the margin of today on others.
//!
//! A forecast of variance is judged by QLIKE, realised ÷ forecast − ln(realised ÷ forecast) − 1, which
//! ranks forecasts rightly although what is realised is itself measured with noise (A. Patton, Volatility
//! Forecast Comparison Using Imperfect Volatility Proxies, Journal of Econometrics 160, 2011).

use serde::{Serialize, Serializer};

use super::looks::{FAST, Look, MEMORIES, Month};
use super::margins::{Margin, margins};

/// Weights of the slow mean and of the uncertainty that are tried, percent.
const SLOW_PERCENTS: [u64; 5] = [0, 25, 50, 75, 100];
const UNSURE_PERCENTS: [u64; 4] = [0, 5, 10, 25];
/// Scales that are tried, percent.
const SCALES: std::ops::RangeInclusive<u64> = 50..=200;
/// A candidate's margin is at most three times that of today, its variance the square of that.
const MOST: f64 = 9.0;

/// A way to look ahead: the largest of a fast mean, a part of a slow one and a part of the uncertainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Place of the fast mean's memory.
    pub fast: usize,
    /// Place of the slow mean's memory.
    pub slow: usize,
    /// Weight of the slow mean, percent.
    pub slow_percent: u64,
    /// Weight of the uncertainty, percent.
    pub unsure_percent: u64,
    /// What all of it is multiplied by, percent: so that calm days cost what they cost today.
    pub scale_percent: u64,
}

/// Today's margin and a candidate's, on the same moments.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Compared {
    /// Mean QLIKE of today's.
    pub today: f64,
    /// Mean QLIKE of the candidate's.
    pub candidate: f64,
    /// The candidate's margin on calm days, in parts of today's.
    pub calm_margin: f64,
    /// The candidate's margin on all days, in parts of today's.
    pub margin: f64,
}

/// What came of one margin.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The margin.
    pub margin: Margin,
    /// What suits the fitted months best.
    pub candidate: Candidate,
    /// On the months it was fitted to.
    pub fitted: Compared,
    /// On the others.
    pub unseen: Compared,
    /// By how much it is better on each of the others, percent: the least and the most.
    pub months: (f64, f64),
    /// How often what is measured exceeds what is always covered, percent of the unseen moments.
    pub exceeded_percent: f64,
}

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub struct Study {
    /// Files that candidates were fitted to.
    pub fitted: Vec<String>,
    /// Files that they were judged by.
    pub unseen: Vec<String>,
    /// What came of it, by margin.
    pub findings: Vec<Finding>,
}

impl Candidate {
    /// The variance it covers.
    fn covers(&self, look: &Look, least: f64) -> f64 {
        let part = |percent: u64| percent as f64 / 100.0;
        let slow = look.means[self.slow] * part(self.slow_percent);
        let unsure = look.unsure * part(self.unsure_percent);
        let largest = look.means[self.fast].max(slow).max(unsure) * part(self.scale_percent);
        largest.min(today(look, least) * MOST).max(least)
    }

    /// The same with the largest scale at which calm days cost no more than today; `None` where none
    /// does.
    fn scaled(self, calm: &[&Look], least: f64) -> Option<Self> {
        let cost = |covers: &dyn Fn(&Look) -> f64| -> f64 {
            calm.iter().map(|&look| covers(look).sqrt()).sum()
        };
        // Sums of the same numbers in the same order: only what exceeds today's is larger.
        let most = cost(&|look| today(look, least));
        let with = |scale_percent| Self { scale_percent, ..self };
        let fits = |scale| cost(&|look| with(scale).covers(look, least)) <= most;
        let scales: Vec<u64> = SCALES.collect();
        let fitting = scales.partition_point(|scale| fits(*scale));
        Some(with(*scales.get(fitting.checked_sub(1)?)?))
    }

    /// All that are tried, not yet scaled.
    fn all() -> impl Iterator<Item = Self> {
        let means = (0..FAST).flat_map(|fast| (FAST..MEMORIES.len()).map(move |slow| (fast, slow)));
        means.flat_map(|(fast, slow)| {
            SLOW_PERCENTS.into_iter().flat_map(move |slow_percent| {
                UNSURE_PERCENTS.into_iter().map(move |unsure_percent| Self {
                    fast,
                    slow,
                    slow_percent,
                    unsure_percent,
                    scale_percent: 100,
                })
            })
        })
    }

    /// Whether it is no more than a mean with a memory of its own.
    const fn is_one_mean(&self) -> bool {
        self.slow_percent == 0 && self.unsure_percent == 0
    }

    /// The one that is best on these moments, of all or of those that are one mean.
    fn fitted<'a>(
        looks: impl Iterator<Item = &'a Look> + Clone,
        least: f64,
        one_mean: bool,
    ) -> Option<Self> {
        let calm: Vec<&Look> = looks.clone().filter(|look| look.calm).collect();
        let tried = Self::all().filter(|candidate| !one_mean || candidate.is_one_mean());
        let scaled = tried.filter_map(|candidate| candidate.scaled(&calm, least));
        let judged = scaled.map(|it| (Compared::of(&it, looks.clone(), least).candidate, it));
        judged.min_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, candidate)| candidate)
    }
}

impl std::fmt::Display for Candidate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { slow_percent, unsure_percent, scale_percent, .. } = self;
        let (fast, slow) = (MEMORIES[self.fast], MEMORIES[self.slow]);
        if self.is_one_mean() {
            return write!(formatter, "{scale_percent} % of {fast} min");
        }
        write!(
            formatter,
            "{scale_percent} % of the largest of {fast} min, {slow_percent} % of {slow} min, \
             {unsure_percent} % of the range"
        )
    }
}

impl Serialize for Candidate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The variance that today's margin covers.
fn today(look: &Look, least: f64) -> f64 {
    look.measured.max(least)
}

fn qlike(realised: f64, forecast: f64) -> f64 {
    let ratio = realised / forecast;
    ratio - ratio.ln() - 1.0
}

impl Compared {
    fn of<'a>(candidate: &Candidate, looks: impl Iterator<Item = &'a Look>, least: f64) -> Self {
        let (mut count, mut losses) = (0.0, [0.0; 2]);
        let (mut calm, mut all) = ([0.0; 2], [0.0; 2]);
        for look in looks {
            let covered = [today(look, least), candidate.covers(look, least)];
            count += 1.0;
            for (side, covered) in covered.into_iter().enumerate() {
                losses[side] += qlike(look.realised, covered);
                all[side] += covered.sqrt();
                calm[side] += if look.calm { covered.sqrt() } else { 0.0 };
            }
        }
        Self {
            today: losses[0] / count,
            candidate: losses[1] / count,
            calm_margin: calm[1] / calm[0],
            margin: all[1] / all[0],
        }
    }

    /// By how much the candidate's QLIKE is smaller, percent of today's.
    pub fn better_percent(&self) -> f64 {
        (1.0 - self.candidate / self.today) * 100.0
    }
}

impl Study {
    /// Fits on some months and judges by others, for each margin: first another memory alone, then the
    /// largest of three.
    ///
    /// # Errors
    /// When no candidate costs as little as today's margin on calm days.
    pub fn of(fitted: &[Month], unseen: &[Month]) -> Result<Self, String> {
        let mut findings = Vec::new();
        for margin in margins() {
            for one_mean in [true, false] {
                let found = Finding::of(&margin, fitted, unseen, one_mean);
                let none = || format!("{}: every candidate costs more on calm days", margin.name);
                findings.push(found.ok_or_else(none)?);
            }
        }
        let names = |months: &[Month]| months.iter().map(|month| month.name.clone()).collect();
        Ok(Self { fitted: names(fitted), unseen: names(unseen), findings })
    }
}

impl Finding {
    fn of(margin: &Margin, fitted: &[Month], unseen: &[Month], one_mean: bool) -> Option<Self> {
        let least = margin.least();
        let candidate = Candidate::fitted(looks(fitted), least, one_mean)?;
        let compared = |months| Compared::of(&candidate, looks(months), least);
        let better = unseen.iter().map(|month| compared(std::slice::from_ref(month)));
        let better: Vec<f64> = better.map(|compared| compared.better_percent()).collect();
        let exceeded = looks(unseen).filter(|look| look.measured > least).count();
        Some(Self {
            margin: margin.clone(),
            candidate,
            fitted: compared(fitted),
            unseen: compared(unseen),
            months: (
                better.iter().copied().fold(f64::INFINITY, f64::min),
                better.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ),
            exceeded_percent: exceeded as f64 * 100.0 / looks(unseen).count() as f64,
        })
    }
}

fn looks(months: &[Month]) -> impl Iterator<Item = &Look> + Clone {
    months.iter().flat_map(|month| &month.looks)
}

#[cfg(test)]
#[path = "study_tests.rs"]
mod tests;
