extern crate std;
use std::vec::Vec;

use proptest::prelude::*;

use super::{BLOWN_PERIOD, Blows, Books, Fuses, Gap, MOST_BLOWN, check_blow};
use crate::chain::policy::Action;
use crate::governance::GovernanceError;
use crate::units::{Millis, Usd};

const NOW: Millis = Millis(1_760_000_000_000);
const HOUR: u64 = Millis::HOUR.0;
const DAY: u64 = Millis::DAY.0;

#[test]
fn bits_are_read_back() {
    for bits in 0..8 {
        assert_eq!(Fuses::from_bits(bits).bits(), bits);
    }
    assert_eq!(Fuses::from_bits(7), Fuses::ALL);
    assert_eq!(Fuses::from_bits(0xf8), Fuses::NONE);
    assert_eq!(Fuses::from_bits(1).or(Fuses::from_bits(4)), Fuses::from_bits(5));
}

#[test]
fn no_fuse_locks_anybody_in() {
    let exits = [
        Action::AddMargin,
        Action::Cancel,
        Action::RequestReduction,
        Action::Reduce,
        Action::WithdrawIdle,
        Action::WithdrawFree,
        Action::Flag,
        Action::Liquidate,
        Action::RequestPool,
    ];
    assert!(exits.iter().all(|exit| !Fuses::ALL.take(*exit)));
    let taken = [Action::Open, Action::RequestOpening, Action::ChangePool, Action::MatureProfit];
    assert!(taken.iter().all(|action| Fuses::ALL.take(*action) && !Fuses::NONE.take(*action)));
    assert!(Fuses::from_bits(1).take(Action::Open) && !Fuses::from_bits(6).take(Action::Open));
    assert!(Fuses::from_bits(2).take(Action::ChangePool));
    assert!(Fuses::from_bits(4).take(Action::MatureProfit));
}

#[test]
fn a_blow_lasts_a_minute_to_72_hours() {
    for (lasts, allowed) in
        [(59_999, false), (60_000, true), (72 * HOUR, true), (72 * HOUR + 1, false)]
    {
        assert_eq!(check_blow(Millis(lasts)).is_ok(), allowed, "{lasts}");
    }
}

#[test]
fn a_blow_runs_out_and_its_budget_refills() {
    let blown = Blows::default().blow(Fuses::ALL, NOW, MOST_BLOWN).unwrap();
    assert!(!blown.is_blown(Millis(NOW.0 - 1)) && blown.is_blown(NOW));
    assert!(blown.is_blown(Millis(NOW.0 + 72 * HOUR - 1)));
    assert!(!blown.is_blown(Millis(NOW.0 + 72 * HOUR)));
    let later = |ms: u64| blown.blow(Fuses::ALL, Millis(NOW.0 + ms), Millis(60_000));
    assert_eq!(later(DAY), Ok(blown), "it runs for as long already");
    assert_eq!(later(3 * DAY), Err(GovernanceError::Exhausted));
    assert_eq!(later(30 * DAY - 60_000), Err(GovernanceError::Exhausted));
    // What begins to fall out of the period can be used again.
    assert!(later(30 * DAY).is_ok());
}

#[test]
fn a_running_blow_is_lengthened_within_its_72_hours() {
    let first = Blows::default().blow(Fuses::ALL, NOW, Millis(HOUR)).unwrap();
    let at = Millis(NOW.0 + HOUR / 2);
    let longer = first.blow(Fuses::ALL, at, Millis(71 * HOUR)).unwrap();
    assert!(longer.is_blown(Millis(NOW.0 + 71 * HOUR)));
    assert_eq!(longer.0[1..], first.0[1..], "still the same one");
    assert_eq!(first.blow(Fuses::ALL, at, Millis(72 * HOUR)), Err(GovernanceError::Exhausted));
    assert_eq!(longer.blow(Fuses::ALL, at, Millis(60_000)), Ok(longer), "and never cut");
    let next = first.blow(Fuses::ALL, Millis(NOW.0 + HOUR), Millis(HOUR)).unwrap();
    assert_eq!(next.0[0], first.0[0], "one that has just ended does not run");
}

#[test]
fn what_each_blow_took_away_is_remembered() {
    let [pools, openings] = [Fuses::from_bits(2), Fuses::from_bits(1)];
    let at = |day: u64| Millis(NOW.0 + day * DAY);
    let until = |blows: &Blows, action| {
        let taking = blows.0.iter().filter(|blow| blow.fuses.take(action));
        taking.map(|blow| blow.until).max().unwrap_or_default()
    };
    let first = Blows::default().blow(openings, at(0), Millis(HOUR)).unwrap();
    assert_eq!(until(&first, Action::ChangePool), Millis(0));
    assert_eq!(until(&first, Action::Open), at(0).after(Millis(HOUR)));
    let second = first.blow(pools, at(1), Millis(HOUR)).unwrap();
    assert_eq!(until(&second, Action::ChangePool), at(1).after(Millis(HOUR)));
    assert_eq!(until(&second, Action::Open), at(0).after(Millis(HOUR)));
    // One that is added to a running blow ends with it.
    let both = second.blow(openings, at(1).after(Millis(1)), Millis(60_000)).unwrap();
    assert_eq!(until(&both, Action::Open), at(1).after(Millis(HOUR)));
    let third = both.blow(openings, at(2), Millis(HOUR)).unwrap();
    assert_eq!(until(&third, Action::ChangePool), at(1).after(Millis(HOUR)));
    assert_eq!(until(&third, Action::AddMargin), Millis(0));
}

#[test]
fn four_blows_in_a_period() {
    let mut blows = Blows::default();
    for day in 0..4 {
        blows = blows.blow(Fuses::ALL, Millis(NOW.0 + day * DAY), Millis(60_000)).unwrap();
    }
    let fifth = |at: u64| blows.blow(Fuses::ALL, Millis(NOW.0 + at), Millis(60_000));
    assert_eq!(fifth(4 * DAY), Err(GovernanceError::Exhausted));
    assert!(fifth(30 * DAY + 60_000).is_ok());
}

const SOUND: Books = Books {
    parts: Usd(30),
    counted: Usd(20),
    counted_insurance: Usd(10),
    held: Usd(25),
    held_insurance: Usd(10),
};

#[test]
fn a_gap_says_what_does_not_add_up() {
    assert!(SOUND.gap().unwrap().is_none(), "donations do not matter");
    let unbacked = Books { parts: Usd(31), ..SOUND }.gap().unwrap();
    assert_eq!(unbacked, Gap { unbacked: Usd(1), ..Gap::default() });
    let unclaimed = Books { parts: Usd(28), ..SOUND }.gap().unwrap();
    assert_eq!(unclaimed, Gap { unclaimed: Usd(2), ..Gap::default() });
    let short = Books { held: Usd(17), held_insurance: Usd(6), ..SOUND }.gap().unwrap();
    assert_eq!(short, Gap { short: Usd(3), short_insurance: Usd(4), ..Gap::default() });
    assert!(Books { counted: Usd(u64::MAX), ..SOUND }.gap().is_err());
}

#[test]
fn what_is_known_is_no_new_break() {
    let known = Books { held: Usd(17), parts: Usd(31), ..SOUND }.gap().unwrap();
    assert!(known.exceeds(&Gap::default()) && !known.exceeds(&known));
    let better = Books { held: Usd(18), parts: Usd(31), ..SOUND }.gap().unwrap();
    assert!(!better.exceeds(&known));
    let worse = Books { held: Usd(16), parts: Usd(31), ..SOUND }.gap().unwrap();
    assert!(worse.exceeds(&known));
    let other = Books { held: Usd(17), parts: Usd(32), ..SOUND }.gap().unwrap();
    assert!(other.exceeds(&known));
    let insurance = Books { held: Usd(17), parts: Usd(31), held_insurance: Usd(9), ..SOUND };
    assert!(insurance.gap().unwrap().exceeds(&known));
}

proptest! {
    #[test]
    fn no_thirty_days_see_more_than_72_hours(
        tries in prop::collection::vec((0_u64..5 * DAY, 60_000_u64..=72 * HOUR), 1..60),
    ) {
        let (mut blows, mut now) = (Blows::default(), NOW);
        let mut blown: Vec<(u64, u64)> = Vec::new();
        for (pause, lasts) in tries {
            now = now.after(Millis(pause));
            let Ok(after) = blows.blow(Fuses::ALL, now, Millis(lasts)) else { continue };
            prop_assert!(after.is_blown(now));
            blows = after;
            let run = blows.0.iter().find(|blow| blow.from <= now && now < blow.until).unwrap();
            match blown.last_mut() {
                Some(last) if last.0 == run.from.0 => last.1 = run.until.0,
                _ => blown.push((run.from.0, run.until.0)),
            }
        }
        for (_, end) in &blown {
            let start = end.saturating_sub(BLOWN_PERIOD.0);
            let within = |&(from, until): &(u64, u64)| {
                until.min(*end).saturating_sub(from.max(start))
            };
            prop_assert!(blown.iter().map(within).sum::<u64>() <= MOST_BLOWN.0);
        }
        prop_assert!(blown.iter().all(|(from, until)| until - from <= MOST_BLOWN.0));
        prop_assert!(blown.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    }
}
