use super::{FOUNDING_SHARES, LEAST_SHARES, Pool};
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

    /// Whatever was there before, and however it came in: a deposit that is taken is worth no less
    /// than itself but for a millionth and a unit.
    #[test]
    fn a_join_loses_a_millionth_at_most(
        assets in prop_oneof![0..100_u64, 0..BOUND], shares in prop_oneof![0..100_u64, 0..BOUND],
        amount in prop_oneof![0..10_000_000_u64, 0..BOUND],
    ) {
        let pool = Pool { assets: Usd(assets), shares }.founded();
        let Ok(bought) = pool.shares_for(Usd(amount)) else { return Ok(()) };
        prop_assume!(bought >= LEAST_SHARES);
        let after = Pool { assets: Usd(assets + amount), shares: pool.shares + bought };
        let worth = after.amount_for(bought).unwrap().0;
        prop_assert!(worth <= amount);
        prop_assert!(u128::from(amount - worth) * 1_000_000 <= u128::from(amount) + 2_000_000);
    }

    #[test]
    fn a_pool_in_which_nobody_has_a_stake_begins_at_a_unit_a_share(
        assets in 0..BOUND, shares in prop_oneof![0..2 * FOUNDING_SHARES, 0..BOUND],
    ) {
        let founded = Pool { assets: Usd(assets), shares }.founded();
        let unheld = founded.shares - shares;
        if shares >= FOUNDING_SHARES || assets <= shares {
            prop_assert_eq!(unheld, 0);
        } else {
            prop_assert_eq!(founded.shares, assets);
            prop_assert_eq!(founded.shares_for(Usd(LEAST_SHARES)), Ok(LEAST_SHARES));
        }
    }
}
