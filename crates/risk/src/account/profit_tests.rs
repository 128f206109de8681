use super::{MaturityError, mature, matured, since};
use crate::account::ledger::{AccountBalances, Ledger};
use crate::math::Overflow;
use crate::units::{Bps, Millis, Usd};
use proptest::prelude::*;

#[test]
fn a_claim_on_more_than_everything_is_an_error() {
    assert_eq!(matured(Usd(2), Usd(1), Usd(10), Bps(10_000)), Err(Overflow));
    assert_eq!(matured(Usd(0), Usd(0), Usd(0), Bps(10_000)), Ok(Usd(0)));
}

#[test]
fn a_small_profit_does_not_start_the_wait_for_a_large_one_anew() {
    let maturity = Millis(1_000);
    let wait =
        |before, after| since(Usd(before), Millis(1_000), Usd(after), Millis(2_000), maturity);
    assert_eq!(wait(999, 1_000), Ok(Millis(1_001)));
    assert_eq!(wait(2_999, 3_000), Ok(Millis(1_001)));
    assert_eq!(wait(0, 5), Ok(Millis(2_000)));
    assert_eq!(wait(5, 3), Ok(Millis(1_000)));
    assert_eq!(wait(0, 0), Ok(Millis(1_000)));
}

proptest! {
    #[test]
    fn whoever_matures_first_never_leaves_others_more_claims_than_the_pool_can_ever_pay(
        claims in proptest::collection::vec(0..1_000_000_u64, 1..10),
        cash in 0..5_000_000_u64, share in 0..=10_000_u16,
    ) {
        let total: u64 = claims.iter().sum();
        let mut ledger = Ledger { liquidity: Usd(cash), pending_profit: Usd(total), ..Ledger::default() };
        let before = ledger.total().unwrap();
        for pending in claims {
            let balances = AccountBalances { collateral: Usd(7), pending_profit: Usd(pending), debt: Usd(0) };
            let payable = ledger.liquidity.0 * u64::from(share) / 10_000;
            let claimed = ledger.pending_profit.0;
            let after = mature(&ledger, balances, Bps(share), true).unwrap();
            let uncut = mature(&ledger, balances, Bps(share), false);
            let refused = Err(MaturityError::Cut);
            prop_assert_eq!(uncut, if after.amount.0 < pending { refused } else { Ok(after) });
            prop_assert!(after.amount.0 <= pending);
            prop_assert_eq!(after.amount.0 == pending, pending == 0 || payable >= claimed);
            prop_assert_eq!(after.balances.collateral.0, 7 + after.amount.0);
            prop_assert_eq!(after.balances.pending_profit, Usd(0));
            ledger = after.ledger;
        }
        prop_assert_eq!(ledger.pending_profit, Usd(0));
        prop_assert_eq!(ledger.total().unwrap(), before);
    }

    #[test]
    fn claims_together_never_exceed_what_is_payable_and_miss_it_by_less_than_a_unit_each(
        claims in proptest::collection::vec(0..1_000_000_u64, 1..10), others in 0..1_000_000_u64,
        cash in 0..5_000_000_u64, share in 0..=10_000_u16,
    ) {
        let claimed: u64 = claims.iter().sum();
        let total = claimed + others;
        let payable = (cash * u64::from(share) / 10_000).min(total);
        let paid: u64 =
            claims.iter().map(|it| matured(Usd(*it), Usd(total), Usd(cash), Bps(share)).unwrap().0).sum();
        let exact = u128::from(claimed) * u128::from(payable);
        prop_assert!(u128::from(paid) * u128::from(total) <= exact);
        prop_assert!(u128::from(paid + claims.len() as u64) * u128::from(total) >= exact);
    }

    #[test]
    fn waiting_for_another_to_mature_never_costs_and_gains_a_unit_at_most_when_all_cash_is_payable(
        first in 0..1_000_000_u64, second in 0..1_000_000_u64, others in 0..1_000_000_u64,
        cash in 0..3_000_000_u64, share in prop_oneof![Just(10_000), 0..=10_000_u16],
    ) {
        let total = first + second + others;
        let paid = |of: u64, total: u64, cash: u64| {
            matured(Usd(of), Usd(total), Usd(cash), Bps(share)).unwrap().0
        };
        let at_once = paid(second, total, cash);
        let later = paid(second, total - first, cash - paid(first, total, cash));
        prop_assert!(later >= at_once);
        prop_assert!(share < 10_000 || later <= at_once + 1);
    }

    #[test]
    fn added_profit_moves_the_wait_by_its_share_of_the_whole_and_never_beyond_now(
        before in 0..1_000_000_000_u64, added in 0..1_000_000_000_u64, began in 1..1_000_000_000_u64,
        age in 0..1_000_000_000_u64, more in 0..1_000_000_000_u64,
    ) {
        let (now, after) = (began + age, before + added);
        let maturity = Millis(age + more);
        let moved = since(Usd(before), Millis(began), Usd(after), Millis(now), maturity).unwrap().0;
        prop_assert!((began..=now).contains(&moved));
        let weighted = u128::from(moved - began) * u128::from(after);
        let exact = u128::from(age) * u128::from(added);
        prop_assert!(weighted >= exact && weighted < exact + u128::from(after.max(1)));
    }

    /// Nothing that waited before shortens the wait of what is added, however old it is.
    #[test]
    fn what_is_added_waits_at_least_its_share_of_the_maturity(
        before in 0..1_000_000_000_u64, added in 1..1_000_000_000_u64,
        age in 0..10_000_000_000_u64, maturity in 1..1_000_000_000_u64,
    ) {
        let (began, now, after) = (Millis(1), Millis(1 + age), before + added);
        let counts = since(Usd(before), began, Usd(after), now, Millis(maturity)).unwrap();
        let left = u128::from((counts.0 + maturity).saturating_sub(now.0));
        prop_assert!(left * u128::from(after) >= u128::from(maturity) * u128::from(added));
    }
}
