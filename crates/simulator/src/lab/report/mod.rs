//! What the lab found: one page for people, one object and one table for machines, and a summary for
//! the terminal.

mod chart;
mod page;
mod table;

use std::fs;
use std::path::Path;

use holdfast_client::stress::{BookRisk, Disruption};
use serde::Serialize;

use super::alarms::Alarms;
use super::policies::Policy;
use super::queue::Wait;
use super::scenario::Scenario;
use super::score::Score;
use super::swarm::Spread;

pub use table::terminal;

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

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where random choices came from.
    pub seed: u64,
    /// Scenarios.
    pub played: Vec<Played>,
    /// Swarms, where seeds were played.
    pub spreads: Vec<Spread>,
    /// The seed the swarm began with.
    pub first_seed: u64,
    /// Waits in front of a leader.
    pub waits: Vec<Wait>,
    /// False alarms, where recorded slots were found.
    pub alarms: Vec<(String, Alarms)>,
}

/// Whether a score is one that nobody has to be ashamed of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No bad debt, nobody wronged, no exit refused.
    Survives,
    /// Bad debt, but nobody wronged and no exit refused.
    Pays,
    /// Somebody was wronged or kept from leaving.
    Wrongs,
}

impl Verdict {
    /// Of a score.
    pub fn of(score: &Score) -> Self {
        if score.wrongful > 0 || score.exits_refused > 0 || score.top_ups_refused > 0 {
            Self::Wrongs
        } else if score.bad_debt > 0 {
            Self::Pays
        } else {
            Self::Survives
        }
    }
}

impl Report {
    /// Scores of a policy in all scenarios.
    pub fn of(&self, policy: Policy) -> impl Iterator<Item = &Score> {
        self.played.iter().flat_map(move |played| {
            played.scores.iter().filter(move |(of, _)| *of == policy).map(|(_, score)| score)
        })
    }

    /// Policies that were played.
    pub fn policies(&self) -> Vec<Policy> {
        let scores = self.played.first().map(|played| &played.scores[..]).unwrap_or_default();
        scores.iter().map(|(policy, _)| *policy).collect()
    }

    /// Writes `lab.html`, `lab.json` and `lab.csv` into a folder, which is made.
    ///
    /// # Errors
    /// What could not be written.
    pub fn write(&self, folder: &Path) -> Result<(), String> {
        let said = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(folder).map_err(said)?;
        let json = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        let files =
            [("lab.html", page::page(self)), ("lab.json", json), ("lab.csv", table::csv(self)?)];
        files
            .into_iter()
            .try_for_each(|(name, text)| fs::write(folder.join(name), text))
            .map_err(said)
    }
}

/// An amount in dollars, short: $0, $940, $15.5k, $1.2M.
pub fn money(native: i128) -> String {
    let sign = if native < 0 { "−" } else { "" };
    let dollars = native.unsigned_abs() / 1_000_000;
    let tenths = |unit: u128| format!("{}.{}", dollars / unit, dollars % unit * 10 / unit);
    match dollars {
        0 if native != 0 => format!("{sign}$0.{:02}", native.unsigned_abs() % 1_000_000 / 10_000),
        0..10_000 => format!("{sign}${dollars}"),
        10_000..1_000_000 => format!("{sign}${}k", tenths(1_000)),
        _ => format!("{sign}${}M", tenths(1_000_000)),
    }
}

/// A length of time, short.
pub fn time(ms: u64) -> String {
    match ms / 1_000 {
        0 if ms > 0 => format!("{ms} ms"),
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{}.{} h", seconds / 3_600, seconds % 3_600 / 360),
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, money, time};
    use crate::lab::score::Score;

    #[test]
    fn amounts_and_times_are_short() {
        let amounts = [
            (0, "$0"),
            (15_000, "$0.01"),
            (940_000_000, "$940"),
            (15_510_000_000, "$15.5k"),
            (-1_260_000_000_000, "−$1.2M"),
        ];
        for (native, said) in amounts {
            assert_eq!(money(native), said);
        }
        for (ms, said) in
            [(400, "400 ms"), (61_000, "61 s"), (300_000, "5 min"), (9_000_000, "2.5 h")]
        {
            assert_eq!(time(ms), said);
        }
    }

    #[test]
    fn a_verdict_looks_at_people_first() {
        let score = |bad_debt, wrongful, exits_refused| {
            let mut score = Score::default();
            (score.bad_debt, score.wrongful, score.exits_refused) =
                (bad_debt, wrongful, exits_refused);
            score
        };
        assert_eq!(Verdict::of(&score(0, 0, 0)), Verdict::Survives);
        assert_eq!(Verdict::of(&score(1, 0, 0)), Verdict::Pays);
        assert_eq!(Verdict::of(&score(0, 1, 0)), Verdict::Wrongs);
        assert_eq!(Verdict::of(&score(9, 0, 1)), Verdict::Wrongs);
    }
}
