use super::{mature, matured, since};
use crate::ledger::{Ledger, Purse};
use crate::math::Overflow;
use crate::units::{Bps, Millis, Usd};
use proptest::prelude::*;

#[test]
fn a_claim_on_more_than_everything_is_an_error() {
    assert_eq!(matured(Usd(2), Usd(1), Usd(10), Bps(10_000)), Err(Overflow));
}

#[test]
fn a_small_profit_does_not_start_the_wait_for_a_large_one_anew() {
    let wait = |before, after| since(Usd(before), Millis(1_000), Usd(after), Millis(2_000));
    assert_eq!(wait(999, 1_000), Ok(Millis(1_001)));
    assert_eq!(wait(2_999, 3_000), Ok(Millis(1_001)));
    assert_eq!(wait(0, 5), Ok(Millis(2_000)));
    assert_eq!(wait(5, 3), Ok(Millis(1_000)));
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
            let purse = Purse { collateral: Usd(7), pending_profit: Usd(pending) };
            let payable = ledger.liquidity.0 * u64::from(share) / 10_000;
            let claimed = ledger.pending_profit.0;
            let after = mature(&ledger, purse, Bps(share)).unwrap();
            prop_assert!(after.amount.0 <= pending);
            prop_assert_eq!(after.amount.0 == pending, pending == 0 || payable >= claimed);
            prop_assert_eq!(after.purse.collateral.0, 7 + after.amount.0);
            prop_assert_eq!(after.purse.pending_profit, Usd(0));
            ledger = after.ledger;
        }
        prop_assert_eq!(ledger.pending_profit, Usd(0));
        prop_assert_eq!(ledger.total().unwrap(), before);
    }
}
