//! What must hold of every step, told from what really happened and not from what the venue makes
//! of it.

use holdfast_risk::Millis;
use holdfast_risk::chain::health::{ChainSample, Monitor, Signal, State, Transition};

use crate::fault::BrokenRule;
use crate::look::{Look, Proof, Weather};
use crate::world::{Setting, World};

/// Two windows: after this long, no slot of worse weather is in either.
const WINDOWS_MS: u64 = 40_000;

/// Looks closer together than this are not to be kept.
const SPACING_MS: u64 = 2_000;
/// What a slot takes where a price is the only witness of a halt.
const SLOT_MS: u64 = 400;

/// A look and what came of it.
pub struct Step<'step> {
    pub world: &'step World,
    pub look: &'step Look,
    pub seen: ChainSample,
    pub after: Monitor,
    pub transition: Option<Transition>,
    /// How far the cluster's clock is now behind the true time, milliseconds.
    pub behind: u64,
    pub setting: &'step Setting,
}

impl Step<'_> {
    /// Time since the last look on the venue's clock, milliseconds. What a price shows to have
    /// passed before that, in the disruption it is the first to tell the time since, is none of it.
    pub fn passed(&self) -> u64 {
        let last = &self.world.monitor;
        let shown = last.now(self.seen.clock, self.seen.slot, Millis(0));
        let until = if self.world.untold { shown } else { self.seen.now };
        until.since(last.seen).0
    }

    /// Whether the venue reports with this look that nothing could land.
    pub fn stood_still(&self) -> bool {
        let signal = self.transition.and_then(|change| change.signal);
        self.is_disrupted() && signal.is_some_and(Signal::stood_still)
    }

    /// Since the last look that was a reason for care, milliseconds.
    pub fn calm(&self) -> u64 {
        let calm = matches!(self.look.weather, Weather::Good | Weather::Between | Weather::Change);
        let unaware = self.hides_halt() || self.proves_halt();
        if calm && !unaware { self.world.calm + self.passed() } else { 0 }
    }

    /// Grace that this look asks for, milliseconds.
    pub fn grace(&self) -> u64 {
        match self.look.weather {
            Weather::Restart => self.setting.limits.restart_grace.0,
            Weather::Halt => self.setting.limits.grace.0,
            _ if self.proves_halt() => self.setting.limits.grace.0,
            _ => 0,
        }
    }

    /// Whether the look is neither good nor a disruption.
    pub fn is_jitter(&self) -> bool {
        matches!(self.look.weather, Weather::Between | Weather::Bad)
    }

    /// Whether the venue's clock has missed a halt: the cluster's is behind, and no price said so.
    fn hides_halt(&self) -> bool {
        self.world.behind > self.world.monitor.lead.0 + self.setting.limits.gap.0
    }

    /// Whether a price shows that the venue's clock missed a halt.
    fn proves_halt(&self) -> bool {
        let lived = self.look.slots * SLOT_MS;
        let missing = self.passed().saturating_sub(lived);
        !self.world.untold
            && self.look.proof == Proof::True
            && missing >= self.setting.limits.gap.0.max(3 * lived)
    }

    /// The first rule that the step breaks.
    pub fn fault(&self) -> Option<BrokenRule> {
        let (last, after) = (&self.world.monitor, &self.after);
        let (from, to) = (last.state, after.state);
        let guard = last.guard(&self.seen, &self.setting.limits).state;
        let reported = self.transition.map_or((from, from), |change| (change.from, change.to));
        let now = self.seen.now;
        let true_now = self.seen.clock.0 + self.behind;
        let broken = [
            (guard != from.max(to), BrokenRule::LooseGuard),
            (to < from && to != next(from), BrokenRule::Skipped),
            (self.grace() > 0 && to != State::Shelter, BrokenRule::Missed),
            (self.is_disrupted() && !self.may_disrupt(), BrokenRule::Twice),
            (to > from && to > self.allowed(), BrokenRule::FalseAlarm),
            (to < from && self.is_early(), BrokenRule::LeftShelter),
            (to < from && self.is_hurried(), BrokenRule::Hurried),
            (to < from && self.is_restless(), BrokenRule::Restless),
            (reported != (from, to), BrokenRule::Unreported),
            (now < last.seen || now < self.seen.clock, BrokenRule::Backwards),
            (self.setting.is_exact() && now.0 > true_now, BrokenRule::Ahead),
            (self.look.proof != Proof::True && after.lead > last.lead, BrokenRule::Ahead),
            (self.look.ms < SPACING_MS, BrokenRule::Spam),
        ];
        broken.iter().find(|(broken, _)| *broken).map(|&(_, fault)| fault)
    }

    /// Whether the venue began grace with this look, or began it anew.
    fn is_disrupted(&self) -> bool {
        self.transition.is_some_and(|change| change.signal.is_some())
            && self.after.state == State::Shelter
    }

    /// Whether this look may be a disruption: it is one, or worse weather was within two windows.
    fn may_disrupt(&self) -> bool {
        let calm = matches!(self.look.weather, Weather::Good | Weather::Change);
        !calm || self.proves_halt() || !self.world.untold && self.hides_halt()
    }

    /// How far the look may tighten.
    fn allowed(&self) -> State {
        match self.look.weather {
            Weather::Change => State::Strained,
            _ if self.calm() >= WINDOWS_MS => State::Normal,
            _ => State::Shelter,
        }
    }

    fn is_early(&self) -> bool {
        let waits = matches!(self.world.monitor.state, State::Shelter | State::Strained);
        waits && self.world.owed > self.passed()
    }

    fn is_hurried(&self) -> bool {
        let needed = match self.world.monitor.state {
            State::Thaw => self.setting.limits.thaw.0,
            State::Throttled => self.setting.limits.hold.0,
            _ => 0,
        };
        self.world.age + self.passed() < needed
    }

    /// Slots of less than a window cannot be judged yet, so this look does not count.
    fn is_restless(&self) -> bool {
        let calm = self.world.calm + self.passed();
        self.after.state == State::Normal && calm < self.setting.limits.hold.0
    }
}

/// The state that loosening leads to.
const fn next(state: State) -> State {
    match state {
        State::Shelter => State::Thaw,
        State::Thaw => State::Throttled,
        _ => State::Normal,
    }
}
