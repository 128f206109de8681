//! What the chain may do between two looks: the environment, as a few inputs.

use std::fmt::{Debug, Formatter, Result};

use holdfast_risk::chain::health::State;

/// What a look ought to mean to the venue, known without asking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Nothing is wrong.
    Good,
    /// Worse than the threshold at which strain ends, better than the one at which it begins.
    Between,
    /// A reason for more care, at once or when the window closes.
    Bad,
    /// Nothing could land: shelter, in this look.
    Halt,
    /// The chain was restarted: shelter for longer.
    Restart,
    /// Slots so slow that a whole window of them is a disruption.
    Crawl,
    /// Slots of another duration: they may strain until the baseline has followed.
    Change,
    /// Nothing passes, and a guardian asks for a state.
    Guardian(State),
}

/// Publish times that come with a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// None newer than before.
    Nothing,
    /// Of an hour ago, before anything that is still being waited for.
    Old,
    /// Of now.
    True,
}

/// Something that happens, and somebody who then looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// What it is called in a counterexample.
    pub name: &'static str,
    /// Time that really passes, or that a guardian asks for, milliseconds.
    pub ms: u64,
    /// What the cluster's clock shows of it, milliseconds, while it is behind.
    pub clock_ms: u64,
    /// Slots that pass.
    pub slots: u64,
    /// Skipped slots among the newest blocks.
    pub skipped: u64,
    /// Publish times.
    pub proof: Proof,
    /// What the venue should make of it.
    pub weather: Weather,
}

impl Look {
    /// Time passes at `slot_ms` a slot; half a slot or more counts as one.
    pub const fn pace(name: &'static str, weather: Weather, ms: u64, slot_ms: u64) -> Self {
        let slots = (ms + slot_ms / 2) / slot_ms;
        Self { name, ms, clock_ms: ms, slots, skipped: 0, proof: Proof::Nothing, weather }
    }

    /// A guardian asks for a state, for `ms`.
    pub const fn guardian(name: &'static str, state: State, ms: u64) -> Self {
        let weather = Weather::Guardian(state);
        Self { name, ms, clock_ms: ms, slots: 0, skipped: 0, proof: Proof::Nothing, weather }
    }

    /// The same with slots skipped.
    pub const fn skipping(self, skipped: u64) -> Self {
        Self { skipped, ..self }
    }

    /// The same with a price.
    pub const fn with(self, name: &'static str, proof: Proof) -> Self {
        Self { name, proof, ..self }
    }
}

impl Debug for Look {
    fn fmt(&self, to: &mut Formatter<'_>) -> Result {
        to.write_str(self.name)
    }
}
