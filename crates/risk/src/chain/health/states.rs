//! The states and how they follow one another.

use crate::chain::health::{ChainSample, Judgement, Signal, Thresholds};
use crate::units::Millis;

/// Slot durations the baseline can take, microseconds.
const BASELINE_US: core::ops::RangeInclusive<u32> = 150_000..=800_000;
/// The baseline before anything was seen: what the cluster's own documentation calls a slot.
const FIRST_BASELINE_US: u32 = 400_000;
/// The baseline moves by at most one in this many per window.
const BASELINE_INERTIA: u32 = 50;
/// The cluster's clock is never further behind: the longest halt on record took 19 hours.
pub const LARGEST_LEAD: Millis = Millis::DAY;
/// A lead that is real is worked off faster: after a halt the cluster's clock catches up at two and
/// a half times the pace of 400 ms slots, so with slots up to 750 ms at four thirds of the true pace.
const LEAD_DECAY: u64 = 4;
/// Length of a window over which slot duration is measured: the clock ticks in whole seconds.
const WINDOW: Millis = Millis(20_000);
/// Samples closer together than this are not kept, so that spam cannot fill the record.
const SPACING: Millis = Millis(2_000);
/// What a slot takes at most on the cluster's clock while that catches up, microseconds: two and a
/// half times 400 ms, and the whole seconds it ticks in.
const CATCHING_UP_US: u32 = 1_200_000;
/// A price published this long after a disruption proves that its end is known. Prices that were under
/// way when the chain stood still land in its first blocks, in any order.
const SETTLES: Millis = Millis(30_000);

/// How long after a disruption prices show the part of it that the clock hid. What is hidden later is
/// another one: else whoever kept prices from telling the time would keep it from being found.
const SHOWS: Millis = Millis(900_000);

/// How careful the venue is, loosest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum State {
    /// The chain is well.
    #[default]
    Normal = 0,
    /// Slow, skipping or unwatched.
    Strained = 1,
    /// After a thaw: everything is allowed, with more margin.
    Throttled = 2,
    /// After Shelter: liquidations return, the worst accounts first.
    Thaw = 3,
    /// The chain was disrupted: nobody trades at prices from before.
    Shelter = 4,
}

/// A change of state with its evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// State before.
    pub from: State,
    /// State after.
    pub to: State,
    /// What tightened it; `None` when time loosened it.
    pub signal: Option<Signal>,
}

/// What the venue remembers of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Monitor {
    /// State.
    pub state: State,
    /// When the state was entered.
    pub since: Millis,
    /// When shelter, or strain that a guardian asked for, ends at the earliest.
    pub until: Millis,
    /// When signals last were not good.
    pub unrest: Millis,
    /// The last disruption: prices published before it decide nothing.
    pub last_disruption: Millis,
    /// Whether verified prices have told the time since. Until they have, the cluster's clock may
    /// hide how long the disruption took.
    pub proven: bool,
    /// When the last look was taken, on the venue's clock.
    pub seen: Millis,
    /// How far the venue's clock then led the cluster's, because verified prices were newer.
    pub lead: Millis,
    /// Its slot.
    pub slot: u64,
    /// The newest `LastRestartSlot` that is known.
    pub restart_slot: Option<u64>,
    /// When the running window began.
    pub window_start: Millis,
    /// The slot it began in.
    pub window_slot: u64,
    /// Mean slot duration of the last whole window, microseconds; zero before the first.
    pub window_us: u32,
    /// What a slot usually takes, microseconds.
    pub baseline_us: u32,
}

impl State {
    /// The state stored as `code`; what is not known counts as the strictest.
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Normal,
            1 => Self::Strained,
            2 => Self::Throttled,
            3 => Self::Thaw,
            _ => Self::Shelter,
        }
    }
}

impl Monitor {
    /// The beginning: nothing was seen before.
    pub fn new(first: &ChainSample) -> Self {
        Self {
            state: State::Normal,
            since: first.now,
            until: Millis(0),
            unrest: Millis(0),
            last_disruption: Millis(0),
            proven: false,
            seen: first.now,
            lead: first.now.since(first.clock),
            slot: first.slot,
            restart_slot: first.restart_slot,
            window_start: first.now,
            window_slot: first.slot,
            window_us: 0,
            baseline_us: FIRST_BASELINE_US,
        }
    }

    /// The venue's clock at a slot: the cluster's clock, or, while verified prices prove it behind,
    /// the last look carried forward by slots; never behind `proven`, the publish time that providers
    /// prove ([`proven_time`](super::proven_time)). One further ahead than [`LARGEST_LEAD`] is false
    /// and proves nothing, or it would hold the clock there until its day comes.
    ///
    /// Without new proof the lead shrinks by at least one [`LEAD_DECAY`]th of what the cluster's
    /// clock shows: measured by itself, a baseline that is too long would carry the venue's clock
    /// away from every honest price, and keep it there.
    pub fn now(&self, clock: Millis, slot: u64, proven: Millis) -> Millis {
        let slots = slot.saturating_sub(self.slot);
        let passed = slots.saturating_mul(u64::from(self.baseline_us)) / 1_000;
        let shown = clock.since(Millis(self.seen.since(self.lead).0));
        let lead = self.lead.since(Millis(shown.0 / LEAD_DECAY));
        let carried = self.seen.after(Millis(passed)).min(clock.after(lead));
        let believed = if proven > clock.after(LARGEST_LEAD) { Millis(0) } else { proven };
        clock.max(carried).max(believed)
    }

    /// Whether the venue is in Shelter because the chain was disrupted, not on a guardian's word.
    pub fn is_disrupted(&self) -> bool {
        self.state == State::Shelter && self.last_disruption >= self.since
    }

    /// Whether a look at `now` in `slot` is far enough from the last one to be kept. Several in one slot
    /// would walk the clock through a halt in steps of which none is a gap: there only one that is a gap
    /// is kept.
    pub fn is_due(&self, now: Millis, slot: u64, limits: &Thresholds) -> bool {
        let spacing = if slot > self.slot { SPACING } else { limits.gap };
        now >= self.seen.after(spacing)
    }

    /// The monitor after a look, and the change of state it brought.
    pub fn step(&self, seen: &ChainSample, limits: &Thresholds) -> (Self, Option<Transition>) {
        let mut after = *self;
        let (judged, signal) = after.look(seen, limits);
        let changed = after.state != self.state || matches!(judged, Judgement::Disruption(_));
        let transition = Transition { from: self.state, to: after.state, signal };
        (after, changed.then_some(transition))
    }

    /// Takes a look, and says what it was judged to be and what it tightened the state for.
    fn look(&mut self, seen: &ChainSample, limits: &Thresholds) -> (Judgement, Option<Signal>) {
        self.correct(seen);
        let judged = seen.judge(self, limits);
        self.measure(seen, judged);
        if judged != Judgement::Good {
            self.unrest = seen.now;
        }
        let signal = match judged {
            Judgement::Disruption(signal) => {
                self.disrupt(seen.now, signal, limits);
                Some(signal)
            }
            Judgement::Strain(signal) if self.state == State::Normal => {
                self.enter(State::Strained, seen.now);
                Some(signal)
            }
            _ => {
                self.loosen(seen.now, limits);
                None
            }
        };
        let settled = self.last_disruption.after(SETTLES);
        self.proven |= (settled..=seen.now).contains(&seen.proven);
        self.seen = seen.now.max(self.seen);
        self.lead = seen.now.since(seen.clock);
        self.slot = seen.slot.max(self.slot);
        self.restart_slot = seen.restart_slot.or(self.restart_slot);
        (judged, signal)
    }

    /// Puts the monitor's moments on the clock that a look's prices prove.
    ///
    /// The first prices after a disruption show the part of it that the cluster's clock hid: it ended
    /// later than was recorded. So the recorded moments move with the clock, grace runs from the true
    /// end, and no new disruption begins. The same goes for a new venue whose clock no price has
    /// confirmed yet. Both within [`SHOWS`].
    fn correct(&mut self, seen: &ChainSample) {
        let shown = self.now(seen.clock, seen.slot, Millis(0));
        let began = if self.last_disruption.0 == 0 { self.since } else { self.last_disruption };
        if self.proven || shown > began.after(SHOWS) {
            return;
        }
        let hidden = seen.now.since(shown);
        if hidden.0 == 0 {
            return;
        }
        let moved = |moment: Millis| if moment.0 == 0 { moment } else { moment.after(hidden) };
        self.since = moved(self.since);
        self.until = moved(self.until);
        self.unrest = moved(self.unrest);
        self.last_disruption = moved(self.last_disruption);
        self.seen = moved(self.seen);
        self.window_start = moved(self.window_start);
    }

    /// The stricter of what was persisted and what a look says now: what a guarded instruction
    /// acts on. A look only tightens; loosening has to be persisted.
    pub fn guard(&self, seen: &ChainSample, limits: &Thresholds) -> Self {
        let mut looked = *self;
        looked.look(seen, limits);
        if looked.state >= self.state { looked } else { *self }
    }

    /// Strained or Shelter for `lasts` from `now` at least, on a guardian's word, and the change of
    /// state. It only makes things tighter or longer, else `None`. It is no disruption, so
    /// prices stay valid, and time loosens it again as usual. Nor does it lengthen the Shelter of a
    /// disruption, in which nothing is charged for time.
    pub fn tighten(&self, state: State, now: Millis, lasts: Millis) -> Option<(Self, Transition)> {
        let until = now.after(lasts);
        let is_rung = matches!(state, State::Strained | State::Shelter);
        let prolongs = state == self.state && until > self.until && !self.is_disrupted();
        if !is_rung || !(state > self.state || prolongs) {
            return None;
        }
        let mut after = *self;
        after.until = self.until.max(until);
        if !prolongs {
            after.enter(state, now);
        }
        let signal = Some(Signal::Guardian);
        Some((after, Transition { from: self.state, to: state, signal }))
    }

    /// Mean slot duration of the running window, when it is long enough to tell.
    pub(super) fn running_window(&self, seen: &ChainSample) -> Option<u32> {
        let passed = seen.now.since(self.window_start);
        if passed < WINDOW {
            return None;
        }
        let slots = seen.slot.saturating_sub(self.window_slot).max(1);
        let each = passed.0.saturating_mul(1_000).checked_div(slots)?;
        Some(u32::try_from(each).unwrap_or(u32::MAX))
    }

    /// The mean slot duration since the last look from which only a halt explains it, microseconds:
    /// three times the baseline or, if that is less, the larger of 800 ms and twice what slots took
    /// lately. Until a price has told the time, a clock that catches up explains up to 1.2 s.
    pub(super) fn inexplicable_us(&self) -> u32 {
        let lately = self.baseline_us.max(self.window_us);
        let sudden = lately.saturating_mul(2).max(*BASELINE_US.end());
        let halted = self.baseline_us.saturating_mul(3).min(sudden);
        if self.proven { halted } else { halted.max(CATCHING_UP_US) }
    }

    /// Closes a window that is over. Its duration moves the baseline, slowly and within bounds. A halt
    /// says nothing about slots, so it only begins a new window. In Shelter and Thaw the baseline stays;
    /// in Throttled it moves again, because a restart may have changed the slot duration for good.
    fn measure(&mut self, seen: &ChainSample, judged: Judgement) {
        let stood_still = matches!(judged, Judgement::Disruption(signal) if signal.stood_still());
        let measured = self.running_window(seen);
        if measured.is_none() && !stood_still {
            return;
        }
        self.window_start = seen.now;
        self.window_slot = seen.slot;
        let Some(measured) = measured.filter(|_| !stood_still) else { return };
        self.window_us = measured;
        if self.state > State::Throttled {
            return;
        }
        let most = self.baseline_us / BASELINE_INERTIA;
        let (low, high) =
            (self.baseline_us.saturating_sub(most), self.baseline_us.saturating_add(most));
        self.baseline_us =
            measured.clamp(low, high).clamp(*BASELINE_US.start(), *BASELINE_US.end());
    }

    fn disrupt(&mut self, now: Millis, signal: Signal, limits: &Thresholds) {
        let grace = if signal == Signal::Restart { limits.restart_grace } else { limits.grace };
        self.until = self.until.max(now.after(grace));
        self.window_us = 0;
        // A chain that goes on crawling or failing has not stood still since: prices published in
        // the meantime are true, and whoever wants out gets out at them.
        let begins = !self.is_disrupted();
        if signal.stood_still() || begins {
            self.last_disruption = now;
            self.proven = false;
        }
        // A guardian's Shelter becomes a disruption's.
        if begins {
            self.enter(State::Shelter, now);
        }
    }

    /// One step down the ladder, when its time has come.
    fn loosen(&mut self, now: Millis, limits: &Thresholds) {
        let calm = now >= self.unrest.after(limits.hold);
        let next = match self.state {
            State::Shelter if now >= self.until => State::Thaw,
            State::Thaw if now >= self.since.after(limits.thaw) => State::Throttled,
            State::Throttled if calm && now >= self.since.after(limits.hold) => State::Normal,
            State::Strained if calm && now >= self.until => State::Normal,
            same => same,
        };
        if next != self.state {
            self.enter(next, now);
        }
    }

    fn enter(&mut self, state: State, now: Millis) {
        self.state = state;
        self.since = now;
    }
}
