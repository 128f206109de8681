//! What the lab found.

use serde::Serialize;

use crate::lab::alarms::Alarms;
use crate::lab::attacks::Attack;
use crate::lab::policies::Policy;
use crate::lab::queue::Wait;
use crate::lab::scenarios::Played;
use crate::lab::score::Score;
use crate::lab::sizing::Sizing;
use crate::lab::swarm::Spread;

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
    /// What the adversary gained on the scenarios' prices, where it searched.
    pub attacks: Vec<Attack>,
    /// How large insurance has to be, and how much leverage it bears.
    pub sizing: Sizing,
}

/// Whether a score is one that nobody has to be ashamed of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No bad debt, nobody wronged, no exit refused, and nothing to gain by knowing the true price.
    Survives,
    /// Bad debt, or a price to trade at that was known to be wrong: somebody pays for it.
    Pays,
    /// Somebody was wronged or kept from leaving.
    Wrongs,
}

/// What a taker may gain by knowing the true price, millionths: what trading costs about.
pub const FREE_PPM: u64 = 10_000;

impl Verdict {
    /// Judges a score.
    pub fn new(score: &Score) -> Self {
        if score.wrongful > 0 || score.exits_refused > 0 || score.top_ups_refused > 0 {
            Self::Wrongs
        } else if score.bad_debt > 0 || score.option_ppm > FREE_PPM {
            Self::Pays
        } else {
            Self::Survives
        }
    }
}

impl Report {
    /// Scores of a policy in all scenarios.
    pub fn scores(&self, policy: Policy) -> impl Iterator<Item = &Score> {
        self.played.iter().flat_map(move |played| {
            played.scores.iter().filter(move |(of, _)| *of == policy).map(|(_, score)| score)
        })
    }

    /// Policies that were played.
    pub fn policies(&self) -> Vec<Policy> {
        let scores = self.played.first().map(|played| &played.scores[..]).unwrap_or_default();
        scores.iter().map(|(policy, _)| *policy).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict;
    use crate::lab::score::Score;

    #[test]
    fn a_verdict_looks_at_people_first() {
        let score = |bad_debt, wrongful, exits_refused| {
            let mut score = Score::default();
            (score.bad_debt, score.wrongful, score.exits_refused) =
                (bad_debt, wrongful, exits_refused);
            score
        };
        assert_eq!(Verdict::new(&score(0, 0, 0)), Verdict::Survives);
        assert_eq!(Verdict::new(&score(1, 0, 0)), Verdict::Pays);
        assert_eq!(Verdict::new(&score(0, 1, 0)), Verdict::Wrongs);
        assert_eq!(Verdict::new(&score(9, 0, 1)), Verdict::Wrongs);
        let mut known = score(0, 0, 0);
        known.option_ppm = super::FREE_PPM + 1;
        assert_eq!(Verdict::new(&known), Verdict::Pays);
    }
}
