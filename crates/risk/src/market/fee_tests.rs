use super::{FeeShares, split, taker_fee};
use crate::units::{Bps, Usd};
use proptest::prelude::*;

#[test]
fn six_basis_points_of_a_thousand_and_a_unit() {
    assert_eq!(taker_fee(Usd(1_000_000_000), Bps(6)), Ok(Usd(600_000)));
    assert_eq!(taker_fee(Usd(1), Bps(6)), Ok(Usd(1)));
}

#[test]
fn shares_above_the_whole_fee_are_an_error() {
    let shares = FeeShares { insurance: Bps(5_000), protocol: Bps(5_001) };
    assert!(split(Usd(10_000), shares).is_err());
}

proptest! {
    #[test]
    fn the_parts_sum_to_the_fee(fee: u64, insurance in 0..=5_000_u16, protocol in 0..=5_000_u16) {
        let shares = FeeShares { insurance: Bps(insurance), protocol: Bps(protocol) };
        let parts = split(Usd(fee), shares).unwrap();
        let sum = parts.insurance.plus(parts.protocol).unwrap().plus(parts.liquidity).unwrap();
        prop_assert_eq!(sum, Usd(fee));
        prop_assert!(u128::from(parts.insurance.0) * 10_000 <= u128::from(fee) * u128::from(insurance));
    }

    #[test]
    fn each_receiver_gets_its_share_rounded_down(
        fee: u64, insurance in 0..=5_000_u16, protocol in 0..=5_000_u16,
    ) {
        let parts = split(Usd(fee), FeeShares { insurance: Bps(insurance), protocol: Bps(protocol) });
        let of = |share: u16| (u128::from(fee) * u128::from(share) / 10_000) as u64;
        let parts = parts.unwrap();
        prop_assert_eq!((parts.insurance.0, parts.protocol.0), (of(insurance), of(protocol)));
    }

    #[test]
    fn a_fee_is_never_less_than_its_rate_and_splitting_a_trade_never_lowers_it(
        a in 0..u64::MAX / 2, b in 0..u64::MAX / 2, rate in 0..=100_u16,
    ) {
        let fee = |notional| u128::from(taker_fee(Usd(notional), Bps(rate)).unwrap().0);
        prop_assert_eq!(fee(a), (u128::from(a) * u128::from(rate)).div_ceil(10_000));
        prop_assert!(fee(a) + fee(b) >= fee(a + b));
    }
}
