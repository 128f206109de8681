use super::{Caps, Exceeded, Resulting, check, removable};
use crate::units::{Bps, Size, Usd};
use proptest::prelude::*;

const CAPS: Caps = Caps { side: Size(1_000), account_share: Bps(1_000), utilisation: Bps(30_000) };
const AT_EVERY_CAP: Resulting = Resulting { side: Size(1_000), account: Usd(10), silo: Usd(300) };

#[test]
fn each_cap_binds_one_unit_above_it() {
    let pool = Usd(100);
    assert_eq!(check(AT_EVERY_CAP, pool, CAPS), Ok(()));
    let side = Resulting { side: Size(1_001), ..AT_EVERY_CAP };
    assert_eq!(check(side, pool, CAPS), Err(Exceeded::OpenInterest));
    let account = Resulting { account: Usd(11), ..AT_EVERY_CAP };
    assert_eq!(check(account, pool, CAPS), Err(Exceeded::AccountShare));
    let silo = Resulting { silo: Usd(301), ..AT_EVERY_CAP };
    assert_eq!(check(silo, pool, CAPS), Err(Exceeded::Utilisation));
    assert_eq!(check(AT_EVERY_CAP, pool, CAPS.stressed()), Err(Exceeded::OpenInterest));
    let half = Resulting { side: Size(500), account: Usd(5), silo: Usd(150) };
    assert_eq!(check(half, pool, CAPS.stressed()), Ok(()));
    let account = Resulting { account: Usd(6), ..half };
    assert_eq!(check(account, pool, CAPS.stressed()), Err(Exceeded::AccountShare));
    let silo = Resulting { silo: Usd(151), ..half };
    assert_eq!(check(silo, pool, CAPS.stressed()), Err(Exceeded::Utilisation));
}

proptest! {
    #[test]
    fn what_can_leave_never_breaks_the_utilisation_of_what_stays(
        liquidity in 0..u64::MAX / 100_000, open in 0..u64::MAX / 100_000, cap in 1..=50_000_u16,
    ) {
        let left = liquidity - removable(Usd(liquidity), Usd(open), Bps(cap)).unwrap().0;
        let held = u128::from(left) * u128::from(cap) >= u128::from(open) * 10_000;
        prop_assert!(held || left == liquidity);
    }

    #[test]
    fn a_trade_may_end_exactly_where_all_three_caps_hold(
        side in 0..3_000_u64, liquidity in 0..1_000_000_000_000_u64, account_share in 0..=10_000_u16,
        utilisation in 1..=50_000_u16, beyond in (0..2_u64, 0..2_u64),
    ) {
        let caps = Caps {
            side: Size(1_500),
            account_share: Bps(account_share),
            utilisation: Bps(utilisation),
        };
        let account = liquidity * u64::from(account_share) / 10_000 + beyond.0;
        let silo = liquidity * u64::from(utilisation) / 10_000 + beyond.1;
        let resulting = Resulting { side: Size(side), account: Usd(account), silo: Usd(silo) };
        let holds = side <= 1_500 && beyond == (0, 0);
        prop_assert_eq!(check(resulting, Usd(liquidity), caps).is_ok(), holds);
    }

    #[test]
    fn one_unit_more_than_can_leave_would_break_the_utilisation(
        liquidity in 1..u64::MAX / 100_000, open in 1..u64::MAX / 100_000, cap in 1..=50_000_u16,
    ) {
        let out = removable(Usd(liquidity), Usd(open), Bps(cap)).unwrap().0;
        let left = u128::from(liquidity - out);
        prop_assert!((left - 1) * u128::from(cap) < u128::from(open) * 10_000);
    }
}
