//! Who may do what, and when.

use holdfast_risk::Millis;
use holdfast_risk::account::liquidation::flag_stands;
use holdfast_risk::chain::health::State;
use holdfast_risk::chain::policy::{Action, Permit, permit};
use holdfast_risk::governance::{
    Budget, Canceller, Schedule, Stage, Timelock, UPGRADE_NOTICE_AFTER_DISRUPTION, check_guardians,
    check_length,
};
use holdfast_risk::market::settlement::{announced, is_due};

use crate::given::{Answer, Given, assume, claim};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Any state of the chain.
#[expect(clippy::cast_possible_truncation, reason = "any byte will do")]
pub fn state(given: &mut Given) -> State {
    State::from_code(given.u64() as u8)
}

/// `a + b`, or the end of time.
fn after(a: u64, b: u64) -> u64 {
    a.saturating_add(b)
}

/// Whoever wants less risk is let through in every state: adding margin, taking back, reducing,
/// asking to leave a pool, and withdrawing with nothing open, if only through a queue.
pub fn every_exit_is_open_in_every_state(given: &mut Given) -> Answer {
    let state = state(given);
    let exits = [
        Action::AddMargin,
        Action::Cancel,
        Action::RequestReduction,
        Action::Reduce,
        Action::Flag,
        Action::RequestPool,
    ];
    for action in exits {
        claim(permit(action, state) == Permit::Allowed)?;
    }
    let idle = permit(Action::WithdrawIdle, state);
    claim(idle == if state < State::Thaw { Permit::Allowed } else { Permit::Queued })
}

/// Nothing adds risk after a break: no opening, no joining or leaving at a price, no maturing before
/// the venue trusts the chain again; and only a chain that is well sees a change of maintenance.
pub fn nothing_adds_risk_after_a_break(given: &mut Given) -> Answer {
    let state = state(given);
    let normal = state == State::Normal;
    let broken = state >= State::Thaw;
    for action in [Action::Open, Action::RequestOpening] {
        let expected = if normal { Permit::Allowed } else { Permit::Stressed };
        claim(permit(action, state) == if broken { Permit::Refused } else { expected })?;
    }
    let refused = |action| permit(action, state) == Permit::Refused;
    let allowed = |action| permit(action, state) == Permit::Allowed;
    claim(refused(Action::ChangePool) == broken)?;
    claim(allowed(Action::ChangePool) != broken)?;
    claim(refused(Action::MatureProfit) == (state >= State::Throttled))?;
    claim(allowed(Action::MatureProfit) == (state < State::Throttled))?;
    claim(refused(Action::ChangeInCalm) != normal)?;
    claim(allowed(Action::ChangeInCalm) == normal)?;
    claim(refused(Action::WithdrawFree) == (state == State::Shelter))?;
    claim(allowed(Action::WithdrawFree) == normal)
}

/// A change may be applied only after its wait, an hour after the chain's last break, and before it
/// expires.
pub fn nothing_is_applied_before_its_wait(given: &mut Given) -> Answer {
    let lock = Timelock { wait: Millis(given.u64()), ready: Millis(given.u64()) };
    let (proposed, now, broke) = (given.u64(), given.u64(), given.u64());
    let schedule = lock.schedule(Millis(proposed));
    let ready = after(proposed, lock.wait.0);
    let expires = after(ready, lock.ready.0);
    claim(schedule == Schedule { ready: Millis(ready), expires: Millis(expires) })?;
    let noticed = broke == 0 || now >= after(broke, HOUR);
    let expected = if now >= expires {
        Stage::Expired
    } else if now >= ready && noticed {
        Stage::Ready
    } else {
        Stage::Waiting
    };
    claim(schedule.stage(Millis(now), Millis(broke)) == expected)
}

/// The program is replaced only a week after the proposal, or later where the timelock waits for
/// longer, two days after the chain's last break, and before the proposal expires.
pub fn an_upgrade_waits_for_a_week(given: &mut Given) -> Answer {
    let lock = Timelock { wait: Millis(given.u64()), ready: Millis(given.u64()) };
    let (proposed, now, broke) = (given.u64(), given.u64(), given.u64());
    let schedule = lock.of_upgrade().schedule(Millis(proposed));
    let notice = UPGRADE_NOTICE_AFTER_DISRUPTION;
    let stage = schedule.stage_with_notice(Millis(now), Millis(broke), notice);
    let ready = after(proposed, lock.wait.0.max(7 * DAY));
    let noticed = broke == 0 || now >= after(broke, 48 * HOUR);
    let expires = after(ready, lock.ready.0);
    claim((stage == Stage::Ready) == (now < expires && now >= ready && noticed))
}

/// No timelock waits, or leaves ready, for less than a day or more than thirty; and no tightening
/// lasts less than a minute or more than half an hour.
pub fn waits_are_bounded(given: &mut Given) -> Answer {
    let (wait, ready) = (given.u64(), given.u64());
    let within = |time: u64| (DAY..=30 * DAY).contains(&time);
    let lock = Timelock { wait: Millis(wait), ready: Millis(ready) };
    claim(lock.check().is_ok() == (within(wait) && within(ready)))?;
    let lasts = given.u64();
    let short = (MINUTE..=30 * MINUTE).contains(&lasts);
    claim(check_length(Millis(lasts)).is_ok() == short)
}

/// A guardian that tightens now has tightened at most twice in the day before.
pub fn guardians_tighten_three_times_a_day(given: &mut Given) -> Answer {
    let (uses, now) = ([given.u64(), given.u64(), given.u64()], given.u64());
    let free = |used: u64| used == 0 || now >= after(used, DAY);
    let budget = Budget([Millis(uses[0]), Millis(uses[1]), Millis(uses[2])]);
    let Ok(Budget(left)) = budget.spend(Millis(now)) else {
        return claim(!free(uses[0]) && !free(uses[1]) && !free(uses[2]));
    };
    let mut replaced = false;
    for at in 0..3 {
        let taken = !replaced && free(uses[at]);
        replaced |= taken;
        claim(left[at] == Millis(if taken { now } else { uses[at] }))?;
    }
    claim(replaced)
}

/// The admin and the guardians take a change back, anyone does once it lapsed, and nobody takes back
/// their own removal.
pub fn nobody_takes_back_their_own_removal(given: &mut Given) -> Answer {
    let (has_power, is_removed, lapsed) = (given.bool(), given.bool(), given.bool());
    let may = Canceller { has_power, is_removed }.check(lapsed).is_ok();
    claim(may == (lapsed || (has_power && !is_removed)))
}

/// Three guardians are a set exactly when they differ, and one alone never is.
pub fn guardians_are_distinct(given: &mut Given) -> Answer {
    let keys = [given.u64(), given.u64(), given.u64()];
    let distinct = keys[0] != keys[1] && keys[0] != keys[2] && keys[1] != keys[2];
    claim(check_guardians(&keys).is_ok() == distinct)?;
    claim(check_guardians(&keys[..1]).is_err())
}

/// A market is given up only after a day without a price on a chain that did not break, and settled
/// a day after that was announced and after any break.
pub fn markets_are_settled_after_notice(given: &mut Given) -> Answer {
    let (newest, broke, now) = (given.u64(), given.u64(), given.u64());
    let when = announced(Millis(newest), Millis(broke), Millis(now));
    let given_up = newest != 0 && now >= after(newest.max(broke), DAY);
    claim(when == given_up.then_some(Millis(after(now, DAY))))?;
    let settles = given.u64();
    let due = is_due(Millis(settles), Millis(broke), Millis(now));
    claim(due == (settles != 0 && now >= settles && now >= after(broke, DAY)))
}

/// A flag stands for five minutes.
pub fn flags_lapse(given: &mut Given) -> Answer {
    let (flagged, now) = (given.u64(), given.u64());
    assume(flagged != 0)?;
    claim(!flag_stands(Millis(0), Millis(now)))?;
    claim(flag_stands(Millis(flagged), Millis(now)) == (now <= after(flagged, 5 * MINUTE)))
}
