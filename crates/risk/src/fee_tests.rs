use super::{FeeShares, split, taker_fee};
use crate::units::{Bps, Usd};
use proptest::prelude::*;

#[test]
fn six_basis_points_of_a_thousand_and_a_unit() {
    assert_eq!(taker_fee(Usd(1_000_000_000), Bps(6)), Ok(Usd(600_000)));
    assert_eq!(taker_fee(Usd(1), Bps(6)), Ok(Usd(1)));
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
}
