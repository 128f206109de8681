extern crate std;

use super::{Exit, RateLimitWindow, paid, payable, thaw_left, thaw_spend, within};
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
    let exit = Exit { amount: Usd(900), requested: NOW };
    let at =
        |now, permit| payable(exit, RateLimitWindow::default(), Millis(now), Usd(1_000), permit);
    assert_eq!(at(NOW.0, Permit::Allowed), Ok(Usd(900)));
    assert_eq!(at(NOW.0, Permit::Queued), Ok(Usd(100)));
    assert_eq!(at(NOW.0 + 86_399_999, Permit::Queued), Ok(Usd(100)));
    assert_eq!(at(NOW.0 + 86_400_000, Permit::Queued), Ok(Usd(900)));
}

proptest! {
    /// However the exits come, an hour pays out no more than its share of what there was.
    #[test]
    fn an_hour_pays_no_more_than_its_share(
        collateral in 0..1_000_000_000_000_u64,
        asked in proptest::collection::vec(1..1_000_000_000_000_u64, 1..20),
    ) {
        let (mut left, mut spent, mut out) = (Usd(collateral), RateLimitWindow::default(), 0);
        for (moment, amount) in (0..).zip(asked) {
            let now = Millis(NOW.0 + moment * HOUR / 20);
            let exit = Exit { amount: Usd(amount), requested: NOW };
            let pays = payable(exit, spent, now, left, Permit::Queued).unwrap();
            prop_assert!(pays.0 <= amount);
            let pays = pays.min(left);
            spent = paid(spent, now, pays).unwrap();
            left = left.minus(pays).unwrap();
            out += pays.0;
        }
        prop_assert!(out <= collateral / 10, "{out} of {collateral}");
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
