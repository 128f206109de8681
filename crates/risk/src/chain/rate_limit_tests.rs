extern crate std;

use std::vec::Vec;

use super::{Exit, RateLimitWindow, payable, thaw_left, thaw_spend, within};
use crate::account::position::notional;
use crate::chain::policy::Permit;
use crate::math::Rounding;
use crate::units::{Bps, Millis, Price, Size, Usd};
use proptest::prelude::*;

const NOW: Millis = Millis(1_000_000);
const HOUR: u64 = Millis::HOUR.0;

#[test]
fn a_minute_has_a_budget_and_the_next_one_has_it_again() {
    let share = Bps(500);
    let left = |spent, now| thaw_left(spent, now, Usd(1_000), share);
    assert_eq!(left(RateLimitWindow::default(), NOW), Ok(Usd(50)));
    let spent = thaw_spend(RateLimitWindow::default(), NOW, Usd(40)).unwrap();
    assert_eq!(left(spent, Millis(NOW.0 + 59_999)), Ok(Usd(10)));
    let spent = thaw_spend(spent, Millis(NOW.0 + 59_999), Usd(40)).unwrap();
    assert_eq!(left(spent, Millis(NOW.0 + 59_999)), Ok(Usd(0)));
    assert_eq!(left(spent, Millis(NOW.0 + 60_000)), Ok(Usd(50)));
}

#[test]
fn an_exit_is_paid_whole_once_the_chain_is_trusted_or_after_a_day() {
    let exit = |waits| Exit { asked: Usd(1_000), waits: Usd(waits), requested: NOW };
    let at = |waits, later, permit| payable(exit(waits), Millis(NOW.0 + later), permit);
    assert_eq!(at(900, 0, Permit::Allowed), Ok(Usd(900)));
    assert_eq!(at(1_000, 0, Permit::Queued), Ok(Usd(0)));
    assert_eq!(at(1_000, HOUR / 2, Permit::Queued), Ok(Usd(50)));
    assert_eq!(at(1_000, HOUR, Permit::Queued), Ok(Usd(100)));
    assert_eq!(at(900, HOUR, Permit::Queued), Ok(Usd(0)));
    assert_eq!(at(900, 2 * HOUR, Permit::Queued), Ok(Usd(90)));
    assert_eq!(at(500, 2 * HOUR, Permit::Queued), Ok(Usd(0)), "the rest was paid in better times");
    assert_eq!(at(900, 24 * HOUR - 1, Permit::Queued), Ok(Usd(815)));
    assert_eq!(at(900, 24 * HOUR, Permit::Queued), Ok(Usd(900)));
    assert!(payable(Exit { asked: Usd(1), ..exit(2) }, NOW, Permit::Queued).is_err());
}

/// One account's exit that waits, and what it has to ask with.
#[derive(Clone, Copy)]
struct Leaver {
    has: u64,
    exit: Exit,
}

proptest! {
    /// However often somebody asks for payment, they get the same in the end, and it never falls.
    #[test]
    fn what_was_paid_at_any_time_depends_on_the_wait_alone(
        asked in 0..1_000_000_000_000_u64,
        moments in proptest::collection::vec(0..24 * HOUR, 1..20),
    ) {
        let mut moments: Vec<u64> = moments;
        moments.sort_unstable();
        let fresh = Exit { asked: Usd(asked), waits: Usd(asked), requested: NOW };
        let (mut exit, mut total) = (fresh, 0);
        for moment in moments {
            let now = Millis(NOW.0 + moment);
            let pays = payable(exit, now, Permit::Queued).unwrap().0;
            total += pays;
            exit.waits.0 -= pays;
            prop_assert_eq!(total, payable(fresh, now, Permit::Queued).unwrap().0);
        }
    }

    /// Whoever takes what was paid back in and asks for it again, with as many accounts as they
    /// like, gets no more than a ninth of their collateral out in an hour.
    #[test]
    fn asking_again_gains_nothing(
        money in proptest::collection::vec(0..1_000_000_000_u64, 1..6),
        asks in proptest::collection::vec(0..6_usize, 0..240),
    ) {
        let total: u64 = money.iter().sum();
        let idle = Exit { asked: Usd(0), waits: Usd(0), requested: NOW };
        let mut leavers: Vec<_> = money.iter().map(|has| Leaver { has: *has, exit: idle }).collect();
        let mut paid = Vec::new();
        for minute in 0..240_u64 {
            let now = Millis(NOW.0 + minute * 60_000);
            let mut out = 0;
            for leaver in &mut leavers {
                let pays = payable(leaver.exit, now, Permit::Queued).unwrap().0;
                leaver.exit.waits.0 -= pays;
                out += pays;
            }
            paid.push(out);
            let hour: u64 = paid.iter().rev().take(60).sum();
            prop_assert!(hour <= total / 9 + 60, "{hour} of {total}");
            // It comes back to whoever asks next, in place of what still waits there.
            if let Some(index) = asks.get(minute as usize) {
                let index = index % leavers.len();
                let leaver = &mut leavers[index];
                let has = leaver.has + leaver.exit.waits.0 + out;
                let exit = Exit { asked: Usd(has), waits: Usd(has), requested: now };
                *leaver = Leaver { has: 0, exit };
            } else {
                leavers[0].has += out;
            }
        }
    }

    #[test]
    fn what_is_cut_to_fit_costs_no_more_than_there_is(
        size in any::<u64>(), price in 1..u64::MAX, most in any::<u64>(),
    ) {
        let cut = within(Size(size), Price(price), Usd(most));
        prop_assert!(cut.0 <= size);
        if let Ok(costs) = notional(cut, Price(price), Rounding::Down) {
            prop_assert!(costs.0 <= most);
        }
    }
}
