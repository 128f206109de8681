extern crate std;
use std::vec::Vec;

use proptest::prelude::*;

use super::{
    Budget, Canceller, GovernanceError, NOTICE_AFTER_DISRUPTION, Newest, PERIOD, Schedule, Stage,
    TIGHTENINGS_PER_PERIOD, Timelock, UPGRADE_NOTICE_AFTER_DISRUPTION, check_admin,
    check_guardians, check_length,
};
use crate::units::Millis;

const NOW: Millis = Millis(1_760_000_000_000);
const NEVER: Millis = Millis(0);
const MINUTE: u64 = Millis::MINUTE.0;
const HOUR: u64 = Millis::HOUR.0;
const DAY: u64 = Millis::DAY.0;

fn timelocks() -> impl Strategy<Value = Timelock> {
    let waits = || (DAY..=30 * DAY).prop_map(Millis);
    (waits(), waits()).prop_map(|(wait, ready)| Timelock { wait, ready })
}

#[test]
fn a_timelock_has_bounds_that_no_admin_can_leave() {
    let least = Timelock { wait: Millis(DAY), ready: Millis(DAY) };
    let most = Timelock { wait: Millis(30 * DAY), ready: Millis(30 * DAY) };
    assert_eq!((least.check(), most.check()), (Ok(()), Ok(())));
    let refused = |timelock: Timelock| timelock.check().unwrap_err().setting;
    for bad in [NEVER, Millis(DAY - 1), Millis(30 * DAY + 1), Millis(u64::MAX)] {
        assert_eq!(refused(Timelock { wait: bad, ..least }), "wait_ms");
        assert_eq!(refused(Timelock { ready: bad, ..least }), "ready_ms");
    }
}

#[test]
fn a_change_is_ready_from_its_first_moment_to_the_one_before_its_last() {
    let schedule = Timelock { wait: Millis(DAY), ready: Millis(2 * DAY) }.schedule(NOW);
    let at = |passed: u64| schedule.stage(NOW.after(Millis(passed)), NEVER);
    let stages = [0, DAY - 1, DAY, 3 * DAY - 1, 3 * DAY].map(at);
    use Stage::{Expired, Ready, Waiting};
    assert_eq!(stages, [Waiting, Waiting, Ready, Ready, Expired]);
}

#[test]
fn a_break_gives_guardians_an_hour_and_an_expired_change_no_new_life() {
    let schedule = Timelock { wait: Millis(DAY), ready: Millis(DAY) }.schedule(NOW);
    let ready = NOW.after(Millis(DAY));
    assert_eq!(schedule.stage(ready, ready), Stage::Waiting);
    assert_eq!(schedule.stage(ready.after(Millis(HOUR - 1)), ready), Stage::Waiting);
    assert_eq!(schedule.stage(ready.after(Millis(HOUR)), ready), Stage::Ready);
    assert_eq!(schedule.stage(schedule.expires, schedule.expires), Stage::Expired);
}

#[test]
fn an_upgrade_waits_a_week_or_longer_and_two_days_after_a_break() {
    let lock = |days: u64| Timelock { wait: Millis(days * DAY), ready: Millis(3 * DAY) };
    for (days, waits) in [(1, 7), (6, 7), (7, 7), (8, 8), (30, 30)] {
        let upgrade = lock(days).of_upgrade();
        assert_eq!(upgrade, lock(waits), "{days}");
    }
    let schedule = lock(7).schedule(NOW);
    let (broke, notice) = (schedule.ready, UPGRADE_NOTICE_AFTER_DISRUPTION);
    let at = |passed: u64| schedule.stage_with_notice(broke.after(Millis(passed)), broke, notice);
    let stages = [0, HOUR, 48 * HOUR - 1, 48 * HOUR, 72 * HOUR].map(at);
    use Stage::{Expired, Ready, Waiting};
    assert_eq!(stages, [Waiting, Waiting, Waiting, Ready, Expired]);
    assert_eq!(schedule.stage_with_notice(schedule.ready, NEVER, notice), Ready);
    assert_eq!(schedule.stage_with_notice(schedule.ready, broke, Millis(0)), Ready);
}

#[test]
fn a_tightening_lasts_a_minute_to_half_an_hour() {
    for (length, allowed) in
        [(MINUTE - 1, false), (MINUTE, true), (30 * MINUTE, true), (30 * MINUTE + 1, false)]
    {
        assert_eq!(check_length(Millis(length)).is_ok(), allowed, "{length}");
    }
}

#[test]
fn two_to_five_different_guardians() {
    let sets: [(&[u8], bool); 7] = [
        (&[], false),
        (&[1], false),
        (&[1, 2], true),
        (&[1, 1], false),
        (&[1, 2, 3, 4, 5], true),
        (&[1, 2, 3, 4, 1], false),
        (&[1, 2, 3, 4, 5, 6], false),
    ];
    for (set, allowed) in sets {
        assert_eq!(check_guardians(set).is_ok(), allowed, "{set:?}");
    }
}

#[test]
fn the_admin_is_no_guardian() {
    assert_eq!(check_admin(&3, &[1, 2]), Ok(()));
    for admin in [1, 2] {
        assert_eq!(check_admin(&admin, &[1, 2]), Err(GovernanceError::Guardians));
    }
}

#[test]
fn who_takes_a_change_back() {
    let by = |has_power, is_removed| Canceller { has_power, is_removed };
    assert_eq!(by(true, false).check(false), Ok(()));
    assert_eq!(by(true, true).check(false), Err(GovernanceError::OwnRemoval));
    for is_removed in [false, true] {
        assert_eq!(by(false, is_removed).check(false), Err(GovernanceError::Powerless));
        assert_eq!(by(false, is_removed).check(true), Ok(()));
    }
    assert_eq!(by(true, true).check(true), Ok(()));
}

proptest! {
    #[test]
    fn only_the_newest_change_of_a_target_can_be_applied(
        proposed in proptest::collection::vec(0..3_usize, 1..60),
    ) {
        let mut newest = [Newest::default(); 3];
        for (number, target) in proposed.iter().enumerate() {
            prop_assert!(newest.iter().all(|it| !it.is(number as u64)), "not before it is proposed");
            newest[*target] = Newest::superseded_by(number as u64).unwrap();
            for (older, of) in proposed[..=number].iter().enumerate() {
                let is_last = proposed[..=number].iter().rposition(|other| other == of) == Some(older);
                prop_assert_eq!(newest[*of].is(older as u64), is_last);
            }
        }
    }

    #[test]
    fn no_change_is_ready_early_or_late(
        timelock in timelocks(),
        last_disruption in 0_u64..90 * DAY,
        moments in prop::collection::vec(0_u64..90 * DAY, 1..40),
    ) {
        let schedule: Schedule = timelock.schedule(NOW);
        let last_disruption = NOW.after(Millis(last_disruption));
        let mut moments = moments;
        moments.sort_unstable();
        let mut last = Stage::Waiting;
        for passed in moments {
            let now = NOW.after(Millis(passed));
            let stage = schedule.stage(now, last_disruption);
            if stage == Stage::Ready {
                prop_assert!(Millis(passed) >= timelock.wait);
                prop_assert!(now >= last_disruption.after(NOTICE_AFTER_DISRUPTION));
                prop_assert!(now < NOW.after(timelock.wait).after(timelock.ready));
            }
            prop_assert!(stage as u8 >= last as u8, "{last:?} to {stage:?}");
            last = stage;
        }
    }

    /// Within any period no more tightenings than the budget, and after a period of rest all of them.
    #[test]
    fn a_budget_holds_in_every_period(steps in prop::collection::vec(0_u64..DAY, 1..60)) {
        let (mut budget, mut now, mut spent) = (Budget::default(), NOW, Vec::new());
        for step in steps {
            now = now.after(Millis(step));
            let recent = spent.iter().filter(|used| now < Millis::after(**used, PERIOD)).count();
            match budget.spend(now) {
                Ok(after) => {
                    prop_assert!(recent < TIGHTENINGS_PER_PERIOD);
                    budget = after;
                    spent.push(now);
                }
                Err(refusal) => {
                    prop_assert_eq!(refusal, GovernanceError::Exhausted);
                    prop_assert_eq!(recent, TIGHTENINGS_PER_PERIOD);
                }
            }
        }
        now = now.after(PERIOD);
        for _ in 0..TIGHTENINGS_PER_PERIOD {
            budget = budget.spend(now).unwrap();
        }
        prop_assert_eq!(budget.spend(now), Err(GovernanceError::Exhausted));
    }
}
