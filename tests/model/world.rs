//! One state of the model: what the venue remembers, and what is true meanwhile.

use holdfast_risk::Millis;
use holdfast_risk::chain::health::{ChainSample, Monitor, State, Thresholds};

use crate::fault::BrokenRule;
use crate::look::{Look, Proof, Weather};

/// The moment and slot of the last look, always: only distances to it matter.
pub const NOW: u64 = 1_700_000_000_000;
const SLOT: u64 = 1_000_000;
/// Prices published this long after a disruption tell the time since.
pub const SETTLES_MS: u64 = 30_000;

/// A state of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// What the venue remembers, shifted so that its last look was at [`NOW`].
    pub monitor: Monitor,
    /// How far the cluster's clock is behind the true time, milliseconds.
    pub behind: u64,
    /// Since the last look that was a reason for care, up to the hold, milliseconds.
    pub calm: u64,
    /// What is left of the grace that disruptions asked for, milliseconds.
    pub owed: u64,
    /// Since the state was entered, up to the longest time any state needs, milliseconds.
    pub age: u64,
    /// Changes of state since the last look that was good or disrupted something.
    pub changes: u8,
    /// Whether no price has told the time since the last disruption.
    pub untold: bool,
    /// The rule that the step here broke.
    pub fault: Option<BrokenRule>,
}

/// What is the same in every state.
pub struct Setting {
    /// Thresholds of the venue.
    pub limits: Thresholds,
    /// The baseline every step starts from, microseconds; `None` lets it be learned, rounded to the
    /// millisecond.
    pub baseline_us: Option<u32>,
    /// Whether the venue may have just begun, with no price to tell the time.
    pub fresh: bool,
}

impl Setting {
    /// A venue that has seen nothing but a calm chain; where the baseline is learned, also one of
    /// the shortest slots.
    pub fn starts(&self) -> Vec<World> {
        let now = Millis(NOW);
        let first = ChainSample {
            slot: SLOT,
            clock: now,
            now,
            proven: Millis(0),
            restart_slot: Some(0),
            skipped: Some(0),
        };
        let start = |baseline_us: u32, untold: bool| World {
            monitor: self.shift(&Monitor { baseline_us, proven: !untold, ..Monitor::new(&first) }),
            untold,
            behind: 0,
            calm: self.limits.hold.0,
            owed: 0,
            age: self.longest(),
            changes: 0,
            fault: None,
        };
        let baselines = self.baseline_us.map_or_else(|| vec![400_000, 200_000], |us| vec![us]);
        let fresh = [false, true].into_iter().filter(|fresh| self.fresh || !fresh);
        fresh.flat_map(|fresh| baselines.iter().map(move |us| start(*us, fresh))).collect()
    }

    /// What follows from a guardian's word; `None` when it changes nothing.
    pub fn tighten(&self, world: &World, state: State, lasts: u64) -> Option<World> {
        let from = world.monitor.state;
        let (after, change) = world.monitor.tighten(state, Millis(NOW), Millis(lasts))?;
        let held =
            after.state == state && state >= from && (change.from, change.to) == (from, state);
        Some(World {
            monitor: self.shift(&after),
            owed: world.owed.max(lasts),
            age: if state == from { world.age } else { 0 },
            changes: 0,
            fault: (!held).then_some(BrokenRule::Guardian),
            ..world.clone()
        })
    }

    /// Whether the baseline is what slots take here when nothing is wrong.
    pub fn is_exact(&self) -> bool {
        self.baseline_us == Some(400_000)
    }

    /// The longest time that a state lasts.
    pub fn longest(&self) -> u64 {
        self.limits.thaw.max(self.limits.hold).0
    }

    /// The same monitor as if its last look had been at [`NOW`]. What no step can tell apart
    /// becomes the same: moments further back than any time that is waited for, and a disruption
    /// since which prices have told the time: it matters to prices only.
    pub fn shift(&self, monitor: &Monitor) -> Monitor {
        let back =
            |moment: Millis, longest: u64| Millis(NOW - monitor.seen.since(moment).0.min(longest));
        let remaining = monitor.until.since(monitor.seen).0;
        let learned = (monitor.baseline_us + 500) / 1_000 * 1_000;
        Monitor {
            since: back(monitor.since, self.longest()),
            until: Millis(if remaining > 0 { NOW + remaining } else { 0 }),
            unrest: back(monitor.unrest, self.limits.hold.0),
            last_disruption: match monitor.last_disruption {
                Millis(0) => Millis(0),
                _ if monitor.proven => Millis(0),
                disruption => back(disruption, SETTLES_MS),
            },
            seen: Millis(NOW),
            slot: SLOT,
            restart_slot: Some(0),
            window_start: back(monitor.window_start, NOW),
            window_slot: SLOT - (monitor.slot - monitor.window_slot),
            baseline_us: self.baseline_us.unwrap_or(learned),
            ..*monitor
        }
    }
}

pub fn sighting(last: &Monitor, look: &Look, clock: u64, true_now: u64) -> ChainSample {
    let proven = Millis(match look.proof {
        Proof::Nothing => 0,
        Proof::Old => NOW - 3_600_000,
        Proof::True => true_now,
    });
    let slot = SLOT + look.slots;
    ChainSample {
        slot,
        clock: Millis(clock),
        now: last.now(Millis(clock), slot, proven),
        proven,
        restart_slot: Some(u64::from(look.weather == Weather::Restart)),
        skipped: Some(look.skipped),
    }
}
