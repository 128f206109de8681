use super::{Cushions, split};
use crate::units::Usd;
use proptest::prelude::*;

proptest! {
    #[test]
    fn parts_sum_to_the_loss_and_juniors_pay_first(loss: u64, insurance: u64, liquidity: u64) {
        let cushions = Cushions { insurance: Usd(insurance), liquidity: Usd(liquidity) };
        let parts = split(Usd(loss), cushions);
        let sum = [parts.insurance, parts.liquidity, parts.uncovered]
            .iter()
            .map(|part| u128::from(part.0))
            .sum::<u128>();
        prop_assert_eq!(sum, u128::from(loss));
        prop_assert!(parts.insurance.0 <= insurance && parts.liquidity.0 <= liquidity);
        prop_assert!(parts.liquidity.0 == 0 || parts.insurance.0 == insurance);
        prop_assert!(parts.uncovered.0 == 0 || parts.liquidity.0 == liquidity);
    }
}
