//! The venue on a chain that does what it likes, as a model to be checked.

use std::collections::HashSet;
use std::sync::Mutex;

use holdfast_risk::chain::health::State;
use holdfast_risk::chain::policy::{Action, Permit, permit};
use stateright::{Checker, Model, Property};

use crate::fault::{BrokenRule, JITTER_CHANGES};
use crate::look::Look;
use crate::world::{Setting, World};

/// What nobody may ever be refused.
const EXITS: [Action; 7] = [
    Action::AddMargin,
    Action::Cancel,
    Action::RequestReduction,
    Action::Reduce,
    Action::WithdrawIdle,
    Action::Flag,
    Action::RequestPool,
];

/// Properties that a fault breaks.
macro_rules! never {
    ($($name:literal: $fault:ident,)*) => {
        vec![$(Property::always($name, |_, world: &World| world.fault != Some(BrokenRule::$fault))),*]
    };
}

/// A venue, everything that can happen to it, and what is good for it.
pub struct Venue {
    /// What is the same in every state.
    pub setting: Setting,
    /// What may happen at any time.
    pub looks: Vec<Look>,
    /// Each of these, again and again, has to lead to normal.
    pub calm: Vec<Look>,
    /// The strictest state that may be reached.
    pub strictest: State,
    /// States that `calm` was found to lead out of.
    recovered: Mutex<HashSet<(usize, World)>>,
}

impl Venue {
    /// Nothing has been checked.
    pub fn new(setting: Setting, looks: &[Look], calm: &[Look], strictest: State) -> Self {
        let (looks, calm) = (looks.to_vec(), calm.to_vec());
        Self { setting, looks, calm, strictest, recovered: Mutex::default() }
    }

    /// Visits every state that can be reached.
    #[track_caller]
    pub fn check(self) {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let checked = self.checker().threads(threads).spawn_bfs().join();
        assert!(checked.is_done());
        checked.assert_properties();
    }

    /// Whether every kind of calm leads to normal, with the venue's clock back at the cluster's.
    /// Looks need no key: anyone may take them.
    fn recovers(&self, world: &World) -> bool {
        (0..self.calm.len()).all(|kind| self.recovers_by(kind, world))
    }

    /// A calm chain has one next state, so that following it ends at normal, where others have
    /// ended before, or in a circle.
    fn recovers_by(&self, kind: usize, world: &World) -> bool {
        let mut recovered = self.recovered.lock().unwrap();
        let mut path = HashSet::new();
        let mut at = world.clone();
        while !is_well(&at) && !recovered.contains(&(kind, at.clone())) {
            let Some(next) = self.setting.step(&at, &self.calm[kind]) else { return false };
            if next.fault.is_some() || !path.insert((kind, at)) {
                return false;
            }
            at = next;
        }
        recovered.extend(path);
        true
    }
}

fn is_well(world: &World) -> bool {
    world.monitor.state == State::Normal && world.monitor.lead.0 == 0
}

impl Model for Venue {
    type State = World;
    type Action = Look;

    fn init_states(&self) -> Vec<World> {
        self.setting.starts()
    }

    /// Nothing follows a fault: one is enough. Nor does the cluster's clock stop while it is behind.
    fn actions(&self, world: &World, looks: &mut Vec<Look>) {
        if world.fault.is_none() {
            let level = world.behind == 0;
            looks.extend(self.looks.iter().filter(|look| level || look.clock_ms >= look.ms));
        }
    }

    fn next_state(&self, world: &World, look: Look) -> Option<World> {
        self.setting.step(world, &look)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = never! {
            "a guard is the stricter of what was and what is": LooseGuard,
            "loosening skips no state": Skipped,
            "a disruption is sheltered from at once": Missed,
            "one cause is one disruption": Twice,
            "nothing tightens without a reason": FalseAlarm,
            "shelter lasts its grace, and what a guardian asks for its time": LeftShelter,
            "thaw and throttling last their time": Hurried,
            "normal only when there was no reason for care for the hold": Restless,
            "every change is reported, and nothing else": Unreported,
            "the venue's clock never goes backwards nor falls behind": Backwards,
            "the venue's clock never runs ahead": Ahead,
            "a guardian only tightens": Guardian,
            "looks within two seconds are not kept": Spam,
        };
        all.extend([
            Property::always("exits are never closed", |_, world: &World| {
                EXITS.iter().all(|&exit| permit(exit, world.monitor.state) != Permit::Refused)
            }),
            Property::always("a calm chain leads to normal", Self::recovers),
            Property::always(
                "nothing is tighter than it has to be",
                |venue: &Self, world: &World| world.monitor.state <= venue.strictest,
            ),
            Property::sometimes("the strictest state is reached", |venue: &Self, world: &World| {
                world.monitor.state == venue.strictest
            }),
            Property::always(
                "jitter changes a state a few times and then none",
                |_, world: &World| world.changes <= JITTER_CHANGES,
            ),
        ]);
        all
    }
}
