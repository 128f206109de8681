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
}
