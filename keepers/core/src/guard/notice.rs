//! What a guard tells of.

use std::collections::BTreeMap;

use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::State;

use crate::health::ChainCondition;

/// Something to tell somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its number: they rise from the start on.
    pub number: u64,
    /// The account that it is about; none where it is about all of them.
    pub account: Option<Pubkey>,
    /// What it is about.
    pub alarm: Alarm,
}

/// What there is to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// An account is below a line.
    Margin {
        /// Where it stands, percent of the maintenance margin.
        percent: i64,
        /// The line.
        line: u32,
    },
    /// An account is flagged: it can be liquidated soon.
    Flagged {
        /// What a deposit has to make good, native units.
        shortfall: u64,
    },
    /// A price that an account depends on is old, so nothing is done about the account.
    Unpriced,
    /// Margin is needed and the budget does not have it.
    BudgetSpent {
        /// What is needed, native units.
        lacks: u64,
        /// What the budget has left, native units.
        left: u64,
    },
    /// Margin was added.
    ToppedUp {
        /// How much, native units.
        amount: u64,
    },
    /// An order that reduces a position waits for its price.
    Reducing {
        /// The market's index.
        market: u8,
    },
    /// A stop follows the price.
    StopMoved {
        /// The market's index.
        market: u8,
        /// The index price that sets it off, millionths.
        level: u64,
    },
    /// What was to be done was refused, or did not land.
    Failed {
        /// Why.
        reason: String,
    },
    /// An account that is watched is not there.
    Missing,
    /// The venue is not in its normal state.
    Venue {
        /// Its state.
        state: State,
    },
    /// Something is the matter with the chain or its prices, everywhere.
    Chain {
        /// What.
        condition: ChainCondition,
    },
    /// The fault is the guard's own: its endpoints are of no use or contradict one another.
    Endpoints {
        /// What.
        condition: ChainCondition,
    },
    /// All of that is over.
    Recovered,
}

/// How serious an alarm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something was done, or is over.
    Info,
    /// Somebody should look.
    Warning,
    /// Somebody should act.
    Critical,
}

impl Alarm {
    /// Its name for machines, by which it is also remembered that it was told.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Margin { .. } => "margin",
            Self::Flagged { .. } => "flagged",
            Self::Unpriced => "unpriced",
            Self::BudgetSpent { .. } => "budget_spent",
            Self::ToppedUp { .. } => "topped_up",
            Self::Reducing { .. } => "reducing",
            Self::StopMoved { .. } => "stop_moved",
            Self::Failed { .. } => "failed",
            Self::Missing => "missing",
            Self::Venue { state: State::Normal } => "venue_normal",
            Self::Venue { state: State::Strained } => "venue_strained",
            Self::Venue { state: State::Throttled } => "venue_throttled",
            Self::Venue { state: State::Thaw } => "venue_thaw",
            Self::Venue { state: State::Shelter } => "venue_shelter",
            Self::Chain { .. } => "chain",
            Self::Endpoints { .. } => "endpoints",
            Self::Recovered => "recovered",
        }
    }

    /// How serious it is.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::ToppedUp { .. }
            | Self::Reducing { .. }
            | Self::StopMoved { .. }
            | Self::Venue { state: State::Normal }
            | Self::Recovered => Severity::Info,
            Self::Margin { .. }
            | Self::Unpriced
            | Self::Missing
            | Self::Venue { .. }
            | Self::Chain { .. } => Severity::Warning,
            Self::Flagged { .. }
            | Self::BudgetSpent { .. }
            | Self::Failed { .. }
            | Self::Endpoints { .. } => Severity::Critical,
        }
    }
}

/// When something was told before, by what it was about and its name.
pub type Told = BTreeMap<(Option<Pubkey>, String), Millis>;
