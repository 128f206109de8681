//! What happens in each drill, as data: what the chain and the feeds do, and where the price goes.

use std::collections::VecDeque;

use holdfast_risk::Millis;
use holdfast_testkit::chain::Pace;
use holdfast_testkit::path::{Bar, built_in, straight};

/// A drill.
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// What happens, for people.
    pub about: &'static str,
    /// What chain and feeds do, one after the other, from the path's first price on; all is well
    /// when they are over.
    pub phases: &'static [Phase],
    /// Where the price goes.
    pub prices: fn() -> Vec<Bar>,
    /// How old the epoch is at the path's first price, slots: the clock's bounds follow from it.
    pub epoch_slots: u64,
    /// A price at least this often.
    pub step_ms: u64,
    /// What a slot takes while the chain is well, milliseconds. The venue has seen no other for a
    /// while when the path begins.
    pub slot_ms: u64,
}

/// A stretch in which chain and feeds do the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// How long it lasts.
    pub lasts_ms: u64,
    /// What the chain does.
    pub chain: ChainBehaviour,
    /// What the feeds do.
    pub feeds: Feeds,
    /// What people's transactions sent meanwhile take, once there are blocks again; keepers' take a
    /// slot.
    pub landing_ms: u64,
}

/// What a chain does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainBehaviour {
    /// It is well.
    Healthy,
    /// It makes slots at another pace.
    Runs(Pace),
    /// It makes slots as usual, and its clock goes on, but nothing lands except votes.
    VotesOnly,
    /// It makes none.
    Stands {
        /// Whether a hard fork ends it.
        restarts: bool,
    },
}

/// What price feeds do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feeds {
    /// They publish.
    Well,
    /// They publish nothing.
    Silent,
    /// The first of each market publishes this share of the price, percent; the others publish it.
    Lies {
        /// The share.
        percent: u64,
    },
}

impl Feeds {
    /// What the feed of this rank in its market publishes.
    pub fn says(self, rank: usize, truth: u64) -> u64 {
        match self {
            Self::Lies { percent } if rank == 0 => truth * percent / 100,
            _ => truth,
        }
    }
}

/// What a drill puts to the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Only the price falls.
    Price,
    /// The chain is disrupted.
    Chain,
    /// The feeds are disrupted.
    Feeds,
}

impl Phase {
    /// All is well.
    pub const fn calm(lasts_ms: u64) -> Self {
        Self { lasts_ms, chain: ChainBehaviour::Healthy, feeds: Feeds::Well, landing_ms: 0 }
    }

    /// Whether something is wrong in it.
    pub fn is_trouble(&self) -> bool {
        *self != Self::calm(self.lasts_ms)
    }
}

impl Scenario {
    /// The scenario with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SCENARIOS.iter().find(|scenario| scenario.name == name)
    }

    /// Its phases, the trouble beginning `after_ms` into the path instead of when it would.
    ///
    /// # Errors
    /// When nothing is wrong in this scenario but the price.
    pub fn beginning(&self, after_ms: Option<u64>) -> Result<Vec<Phase>, String> {
        let Some(after_ms) = after_ms else { return Ok(self.phases.to_vec()) };
        let first = self.phases.iter().position(Phase::is_trouble);
        let first = first.ok_or_else(|| {
            format!("{} has no outage that could begin: it is about the price", self.name)
        })?;
        let calm = (after_ms > 0).then_some(Phase::calm(after_ms));
        Ok(calm.into_iter().chain(self.phases[first..].iter().copied()).collect())
    }

    /// What it puts to the test.
    pub fn trouble(&self) -> FaultKind {
        if self.phases.iter().any(|phase| phase.chain != ChainBehaviour::Healthy) {
            FaultKind::Chain
        } else if self.phases.iter().any(|phase| phase.feeds != Feeds::Well) {
            FaultKind::Feeds
        } else {
            FaultKind::Price
        }
    }
}

/// An epoch old enough for any halt here to be within the clock's bounds.
const OLD_EPOCH: u64 = 216_000;
/// A young one: the clock may run ahead of nominal time by a few minutes and no more.
const YOUNG_EPOCH: u64 = 500;
const OUTAGE_STEP_MS: u64 = 3_000;
/// What a slot takes in most of them.
const USUAL_SLOT_MS: u64 = Pace::HEALTHY.slot_ms;
const MINUTE_MS: u64 = Millis::MINUTE.0;
/// A user's deposit took this long to land where bots' liquidations did not.
const CROWDED_MS: u64 = 17_000;
/// Two slow or half-empty slots.
const SLUGGISH_MS: u64 = 3_000;

/// A halt of 45 seconds.
const fn stall(name: &'static str, about: &'static str, slot_ms: u64) -> Scenario {
    const PHASES: &[Phase] = &[
        Phase::calm(2 * MINUTE_MS),
        Phase {
            lasts_ms: 45_000,
            chain: ChainBehaviour::Stands { restarts: false },
            landing_ms: CROWDED_MS,
            ..Phase::calm(0)
        },
    ];
    Scenario {
        name,
        about,
        phases: PHASES,
        prices: || {
            straight(&[(0, 210.0), (120, 206.0), (165, 188.0), (480, 178.0), (1_320, 196.0)])
        },
        epoch_slots: OLD_EPOCH,
        step_ms: OUTAGE_STEP_MS,
        slot_ms,
    }
}

/// Every drill there is.
pub static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "crash",
        about: "a market crash on a healthy chain",
        phases: &[],
        prices: built_in,
        epoch_slots: OLD_EPOCH,
        step_ms: 5_000,
        slot_ms: USUAL_SLOT_MS,
    },
    stall("stall", "the chain stands for 45 seconds while the price falls", USUAL_SLOT_MS),
    stall("stall-250", "the same on a chain of 250 ms slots", 250),
    stall("stall-200", "the same on a chain of 200 ms slots", 200),
    Scenario {
        name: "vote-only",
        about: "slots go on for two hours, and nothing but votes lands in them",
        phases: &[
            Phase::calm(2 * MINUTE_MS),
            Phase {
                lasts_ms: 120 * MINUTE_MS,
                chain: ChainBehaviour::VotesOnly,
                landing_ms: CROWDED_MS,
                ..Phase::calm(0)
            },
        ],
        prices: || {
            straight(&[
                (0, 210.0),
                (120, 206.0),
                (7_320, 196.0),
                (7_680, 194.0),
                (8_100, 186.0),
                (8_900, 196.0),
            ])
        },
        epoch_slots: OLD_EPOCH,
        step_ms: OUTAGE_STEP_MS,
        slot_ms: USUAL_SLOT_MS,
    },
    Scenario {
        name: "slow",
        about: "slots take three and a half times as long for four minutes",
        phases: &[
            Phase::calm(2 * MINUTE_MS),
            Phase {
                lasts_ms: 4 * MINUTE_MS,
                chain: ChainBehaviour::Runs(Pace { slot_ms: 1_400, failing_percent: 0 }),
                landing_ms: SLUGGISH_MS,
                ..Phase::calm(0)
            },
        ],
        prices: || {
            straight(&[(0, 210.0), (120, 206.0), (360, 180.0), (700, 178.0), (1_560, 196.0)])
        },
        epoch_slots: OLD_EPOCH,
        step_ms: OUTAGE_STEP_MS,
        slot_ms: USUAL_SLOT_MS,
    },
    Scenario {
        name: "restart",
        about: "five hours without a slot, then a restart by hard fork, and the clock hours behind",
        phases: &[
            Phase::calm(2 * MINUTE_MS),
            Phase {
                lasts_ms: 300 * MINUTE_MS,
                chain: ChainBehaviour::Stands { restarts: true },
                landing_ms: CROWDED_MS,
                ..Phase::calm(0)
            },
        ],
        prices: || {
            straight(&[
                (0, 210.0),
                (120, 206.0),
                (9_120, 192.0),
                (18_120, 182.0),
                (18_600, 178.0),
                (20_100, 196.0),
            ])
        },
        epoch_slots: YOUNG_EPOCH,
        step_ms: OUTAGE_STEP_MS,
        slot_ms: USUAL_SLOT_MS,
    },
    Scenario {
        name: "skip",
        about: "six in ten leaders make no block for four minutes",
        phases: &[
            Phase::calm(2 * MINUTE_MS),
            Phase {
                lasts_ms: 4 * MINUTE_MS,
                chain: ChainBehaviour::Runs(Pace { slot_ms: 400, failing_percent: 60 }),
                landing_ms: SLUGGISH_MS,
                ..Phase::calm(0)
            },
        ],
        prices: || {
            straight(&[(0, 210.0), (120, 206.0), (360, 180.0), (700, 178.0), (1_620, 196.0)])
        },
        epoch_slots: OLD_EPOCH,
        step_ms: OUTAGE_STEP_MS,
        slot_ms: USUAL_SLOT_MS,
    },
    Scenario {
        name: "oracle-freeze",
        about: "no feed publishes for four minutes, the chain is well",
        phases: &[
            Phase::calm(2 * MINUTE_MS),
            Phase { lasts_ms: 4 * MINUTE_MS, feeds: Feeds::Silent, ..Phase::calm(0) },
        ],
        prices: || straight(&[(0, 210.0), (120, 206.0), (360, 182.0), (480, 178.0), (720, 190.0)]),
        epoch_slots: OLD_EPOCH,
        step_ms: OUTAGE_STEP_MS,
        slot_ms: USUAL_SLOT_MS,
    },
    Scenario {
        name: "oracle-lie",
        about: "one provider in three publishes 70 % of the price for four minutes",
        phases: &[
            Phase::calm(2 * MINUTE_MS),
            Phase { lasts_ms: 4 * MINUTE_MS, feeds: Feeds::Lies { percent: 70 }, ..Phase::calm(0) },
        ],
        prices: || straight(&[(0, 210.0), (120, 206.0), (360, 190.0), (480, 184.0), (720, 196.0)]),
        epoch_slots: OLD_EPOCH,
        step_ms: OUTAGE_STEP_MS,
        slot_ms: USUAL_SLOT_MS,
    },
    Scenario {
        name: "clock-lag",
        about: "two hours without a slot that the clock hides; only prices tell the time",
        phases: &[
            Phase::calm(2 * MINUTE_MS),
            Phase {
                lasts_ms: 120 * MINUTE_MS,
                chain: ChainBehaviour::Stands { restarts: false },
                landing_ms: CROWDED_MS,
                ..Phase::calm(0)
            },
        ],
        prices: || {
            straight(&[(0, 210.0), (120, 206.0), (7_320, 184.0), (7_800, 178.0), (8_760, 196.0)])
        },
        epoch_slots: YOUNG_EPOCH,
        step_ms: OUTAGE_STEP_MS,
        slot_ms: USUAL_SLOT_MS,
    },
];

/// A scenario's phases as time goes by.
pub struct Timeline {
    phases: VecDeque<Phase>,
    /// How much of the first of them is over.
    passed_ms: u64,
}

/// A part of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The phase.
    pub phase: Phase,
    /// How long this part is.
    pub ms: u64,
    /// Whether it is the phase's first.
    pub begins: bool,
    /// Whether it is the phase's last.
    pub ends: bool,
}

impl Timeline {
    /// At the first phase's beginning.
    pub fn new(phases: impl IntoIterator<Item = Phase>) -> Self {
        Self { phases: phases.into_iter().collect(), passed_ms: 0 }
    }

    /// The phase that is on.
    pub fn phase(&self) -> Phase {
        self.phases.front().copied().unwrap_or(Phase::calm(u64::MAX))
    }

    /// Goes on by at most `most_ms`, and not beyond the phase's end.
    pub fn stretch(&mut self, most_ms: u64) -> Stretch {
        let phase = self.phase();
        let ms = most_ms.min(phase.lasts_ms - self.passed_ms);
        let begins = self.passed_ms == 0;
        self.passed_ms += ms;
        let ends = self.passed_ms == phase.lasts_ms;
        if ends {
            self.phases.pop_front();
            self.passed_ms = 0;
        }
        Stretch { phase, ms, begins, ends }
    }
}

#[cfg(test)]
#[path = "scenario_tests.rs"]
mod tests;
