use super::Pool;
use crate::math::Overflow;
use crate::units::Usd;
use proptest::prelude::*;

const BOUND: u64 = 1_000_000_000_000_000;

#[test]
fn an_empty_pool_sells_at_par() {
    assert_eq!(Pool { assets: Usd(0), shares: 0 }.shares_for(Usd(7)), Ok(7));
}

#[test]
fn a_full_counter_is_an_error() {
    assert_eq!(Pool { assets: Usd(u64::MAX), shares: 0 }.shares_for(Usd(1)), Err(Overflow));
}

proptest! {
    #[test]
    fn in_and_out_again_never_gains(
        assets in 0..BOUND, shares in 0..BOUND, amount in 0..BOUND,
    ) {
        let pool = Pool { assets: Usd(assets), shares };
        if let Ok(bought) = pool.shares_for(Usd(amount)) {
            let after = Pool { assets: Usd(assets + amount), shares: shares + bought };
            prop_assert!(after.amount_for(bought).unwrap().0 <= amount);
        }
    }

    #[test]
    fn whoever_holds_shares_never_loses_to_a_later_deposit_or_withdrawal(
        assets in 0..BOUND, shares in 0..BOUND, amount in 0..BOUND, part in 0..BOUND,
    ) {
        let worth = |pool: Pool| u128::from(pool.assets.0 + 1);
        let count = |pool: Pool| u128::from(pool.shares + 1);
        let before = Pool { assets: Usd(assets), shares };
        let rises = |after: Pool| worth(after) * count(before) >= worth(before) * count(after);
        if let Ok(bought) = before.shares_for(Usd(amount)) {
            let joined = Pool { assets: Usd(assets + amount), shares: shares + bought };
            prop_assert!(rises(joined));
        }
        let sold = part % (shares + 1);
        let paid = before.amount_for(sold).unwrap().0;
        prop_assert!(paid <= assets);
        let left = Pool { assets: Usd(assets - paid), shares: shares - sold };
        prop_assert!(rises(left));
    }

    #[test]
    fn the_first_depositor_cannot_gain_by_inflating_the_price(
        first in 0..1_000_000_u64, donated in prop_oneof![0..100_u64, 0..BOUND],
        later in prop_oneof![0..100_u64, 0..BOUND],
    ) {
        let empty = Pool { assets: Usd(0), shares: 0 };
        let held = empty.shares_for(Usd(first)).unwrap();
        let inflated = Pool { assets: Usd(first + donated), shares: held };
        let bought = inflated.shares_for(Usd(later)).unwrap();
        let joined = Pool { assets: Usd(first + donated + later), shares: held + bought };
        prop_assert!(joined.amount_for(held).unwrap().0 <= first + donated);
    }
}
