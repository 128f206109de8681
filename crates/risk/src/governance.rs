//! Powers over the venue: how long a change waits and stays ready, who may take it back, what a set
//! of guardians looks like, and how often a guardian may tighten.
//!
//! Every change waits, also one that only makes the venue stricter: a key that could set a cap to
//! nothing or a wait to thirty days at once would be worth stealing.

use core::ops::RangeInclusive;

use crate::bounds::{self, OutOfBounds};
use crate::math::Overflow;
use crate::units::Millis;

/// How long a change may wait, and how long it may stay ready after that.
pub const WAITS: RangeInclusive<Millis> = Millis::DAY..=Millis::DAY.times(30);
/// Guardians of an exchange. With one, nobody could take back its removal.
pub const GUARDIANS: RangeInclusive<usize> = 2..=5;
/// How long one tightening may last.
pub const TIGHTENINGS: RangeInclusive<Millis> = Millis::MINUTE..=Millis::MINUTE.times(30);
/// Tightenings of one guardian within [`PERIOD`].
pub const TIGHTENINGS_PER_PERIOD: usize = 3;
/// Period of a guardian's budget.
pub const PERIOD: Millis = Millis::DAY;
/// No change is applied sooner after a disruption, because no guardian could have taken it back
/// during a halt.
pub const NOTICE_AFTER_DISRUPTION: Millis = Millis::HOUR;
/// The program is replaced no sooner after the proposal, even if the timelock is shorter: everybody
/// gets the time to read the new program, or to leave.
pub const UPGRADE_WAIT: Millis = Millis::DAY.times(7);
/// The program is replaced no sooner after a disruption.
pub const UPGRADE_NOTICE_AFTER_DISRUPTION: Millis = Millis::HOUR.times(48);

/// How long changes wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timelock {
    /// From the proposal until the change may be applied.
    pub wait: Millis,
    /// From then until it may no longer be.
    pub ready: Millis,
}

/// When a change may be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// At this moment at the earliest.
    pub ready: Millis,
    /// Before this moment.
    pub expires: Millis,
}

/// How far a change has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits.
    Waiting,
    /// It may be applied.
    Ready,
    /// It may not be applied any more.
    Expired,
}

/// The newest change proposed for one target, as its number plus one; zero where none was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Newest(pub u64);

/// Who takes a change back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canceller {
    /// The admin or a guardian.
    pub has_power: bool,
    /// Whether the change would end this key's own power.
    pub is_removed: bool,
}

/// When one guardian last tightened; zero where it has not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget(pub [Millis; TIGHTENINGS_PER_PERIOD]);

/// Why a power may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GovernanceError {
    /// Too few or too many guardians, one twice, or the admin among them.
    Guardians,
    /// The guardian's budget is used up.
    Exhausted,
    /// Neither admin nor guardian.
    Powerless,
    /// Nobody takes back their own removal.
    OwnRemoval,
}

impl Timelock {
    /// Whether both times are within [`WAITS`].
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(self) -> Result<(), OutOfBounds> {
        bounds::check(&[
            ("wait_ms", "a day to thirty, in milliseconds", WAITS.contains(&self.wait)),
            ("ready_ms", "a day to thirty, in milliseconds", WAITS.contains(&self.ready)),
        ])
    }

    /// When a change proposed `now` may be applied. A later change of the timelock does not affect it.
    pub const fn schedule(self, now: Millis) -> Schedule {
        let ready = now.after(self.wait);
        Schedule { ready, expires: ready.after(self.ready) }
    }

    /// The timelock for an upgrade of the program: the wait is at least [`UPGRADE_WAIT`].
    pub fn of_upgrade(self) -> Self {
        Self { wait: self.wait.max(UPGRADE_WAIT), ..self }
    }
}

impl Schedule {
    /// How far a change has come by the cluster's clock `now`, on a chain that last broke at `last_disruption`
    /// (zero: never). Not by the venue's clock, because a price from the future can move that ahead.
    pub fn stage(self, now: Millis, last_disruption: Millis) -> Stage {
        self.stage_with_notice(now, last_disruption, NOTICE_AFTER_DISRUPTION)
    }

    /// As [`Schedule::stage`], with another `notice` after a disruption.
    pub fn stage_with_notice(self, now: Millis, last_disruption: Millis, notice: Millis) -> Stage {
        let noticed =
            if last_disruption.0 == 0 { last_disruption } else { last_disruption.after(notice) };
        if now >= self.expires {
            Stage::Expired
        } else if now >= self.ready.max(noticed) {
            Stage::Ready
        } else {
            Stage::Waiting
        }
    }
}

impl Canceller {
    /// Whether a change may be taken back: by the admin and any guardian, but nobody takes back
    /// their own removal; by anyone once it `lapsed`.
    ///
    /// # Errors
    /// [`GovernanceError::Powerless`] or [`GovernanceError::OwnRemoval`].
    pub fn check(self, lapsed: bool) -> Result<(), GovernanceError> {
        match self {
            _ if lapsed => Ok(()),
            Self { has_power: false, .. } => Err(GovernanceError::Powerless),
            Self { is_removed: true, .. } => Err(GovernanceError::OwnRemoval),
            _ => Ok(()),
        }
    }
}

impl Budget {
    /// The budget after a tightening at `now`, by the cluster's clock.
    ///
    /// # Errors
    /// [`GovernanceError::Exhausted`] when the guardian has tightened as often as it may within [`PERIOD`].
    pub fn spend(mut self, now: Millis) -> Result<Self, GovernanceError> {
        let free = |used: &Millis| used.0 == 0 || now >= used.after(PERIOD);
        let used = self.0.iter_mut().find(|used| free(used)).ok_or(GovernanceError::Exhausted)?;
        *used = now;
        Ok(self)
    }
}

impl Newest {
    /// After a change with this number was proposed for the target.
    ///
    /// # Errors
    /// [`Overflow`] after `u64::MAX` changes.
    pub fn superseded_by(number: u64) -> Result<Self, Overflow> {
        number.checked_add(1).map(Self).ok_or(Overflow)
    }

    /// Whether the change with this number is the target's newest: an older one is void, even where
    /// the newer was taken back, so nobody can wait and choose between two announcements.
    pub fn is(self, number: u64) -> bool {
        self.0 != 0 && self.0 == number.saturating_add(1)
    }
}

/// Whether these may be an exchange's guardians: as many as [`GUARDIANS`] says, each once.
///
/// # Errors
/// [`GovernanceError::Guardians`].
pub fn check_guardians<K: PartialEq>(guardians: &[K]) -> Result<(), GovernanceError> {
    let is_once = |key: &K| guardians.iter().filter(|other| *other == key).count() == 1;
    let sound = GUARDIANS.contains(&guardians.len()) && guardians.iter().all(is_once);
    if sound { Ok(()) } else { Err(GovernanceError::Guardians) }
}

/// Whether `admin` may be the admin beside these guardians. It must not be one of them, because its
/// key would then hold two powers, and with two guardians only the other could overrule it.
///
/// # Errors
/// [`GovernanceError::Guardians`].
pub fn check_admin<K: PartialEq>(admin: &K, guardians: &[K]) -> Result<(), GovernanceError> {
    if guardians.contains(admin) { Err(GovernanceError::Guardians) } else { Ok(()) }
}

/// Whether one tightening may last this long.
///
/// # Errors
/// [`OutOfBounds`] where it may not.
pub fn check_length(lasts: Millis) -> Result<(), OutOfBounds> {
    let within = TIGHTENINGS.contains(&lasts);
    bounds::check(&[("lasts_ms", "a minute to half an hour, in milliseconds", within)])
}

#[cfg(test)]
#[path = "governance_tests.rs"]
mod tests;
