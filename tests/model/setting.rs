//! What follows from a look.

use holdfast_risk::Millis;

use crate::fault::JITTER_CHANGES;
use crate::look::{Look, Weather};
use crate::rules::Step;
use crate::world::{NOW, SETTLES_MS, Setting, World, sighting};

impl Setting {
    /// What follows from a look; `None` when it comes too soon to be kept.
    pub fn step(&self, world: &World, look: &Look) -> Option<World> {
        if let Weather::Guardian(state) = look.weather {
            return self.tighten(world, state, look.ms);
        }
        let last = &world.monitor;
        let shown = look.clock_ms.min(world.behind + look.ms);
        let behind = world.behind + look.ms - shown;
        let clock = NOW - last.lead.0 + shown;
        let seen = sighting(last, look, clock, clock + behind);
        if !last.is_due(seen.now, seen.slot) {
            return None;
        }
        let (after, transition) = last.step(&seen, &self.limits);
        let step = Step { world, look, seen, after, transition, behind, setting: self };
        let (passed, changed) = (step.passed(), after.state != last.state);
        let proves = seen.proven >= after.last_disruption.after(Millis(SETTLES_MS));
        let changes = if step.is_jitter() { world.changes + u8::from(changed) } else { 0 };
        Some(World {
            monitor: self.shift(&after),
            behind,
            calm: step.calm().min(self.limits.hold.0),
            owed: world.owed.saturating_sub(passed).max(step.grace()),
            age: if changed { 0 } else { (world.age + passed).min(self.longest()) },
            changes: changes.min(JITTER_CHANGES + 1),
            untold: (world.untold || step.stood_still()) && !proves,
            fault: step.fault(),
        })
    }
}
