use super::{Cushions, InsuranceDraw, InsuranceTerms, split};
use crate::units::{Bps, Millis, Usd};
use proptest::prelude::*;

const DAY: u64 = Millis::DAY.0;

#[test]
fn a_period_ends_after_a_day_and_the_next_is_measured_on_the_fund_then() {
    let running = InsuranceDraw { since: Millis(5), fund: Usd(100), amount: Usd(40) };
    assert_eq!(running.at(Millis(4 + DAY), Usd(60)), running);
    assert_eq!(running.at(Millis(0), Usd(60)), running);
    let next = InsuranceDraw { since: Millis(5 + DAY), fund: Usd(60), amount: Usd(0) };
    assert_eq!(running.at(Millis(5 + DAY), Usd(60)), next);
    let first = InsuranceDraw { since: Millis(1), fund: Usd(60), amount: Usd(0) };
    assert_eq!(InsuranceDraw::default().at(Millis(1), Usd(60)), first);
}

#[test]
fn shares_above_everything_are_an_error() {
    let terms = InsuranceTerms { outage_reserve: Bps(10_001), epoch_cap: Bps(1) };
    assert!(InsuranceDraw::default().available(Usd(1_000_000), terms).is_err());
}

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

    #[test]
    fn what_may_be_drawn_is_the_smaller_of_what_the_reserve_and_the_cap_leave(
        base in 0..1_000_000_000_u64, fund in 0..1_000_000_000_u64, amount in 0..1_000_000_000_u64,
        reserve in 0..=10_000_u16, cap in 0..=20_000_u16,
    ) {
        let drawn = InsuranceDraw { since: Millis(1), fund: Usd(base), amount: Usd(amount) };
        let terms = InsuranceTerms { outage_reserve: Bps(reserve), epoch_cap: Bps(cap) };
        let above_reserve = fund - (fund * u64::from(reserve)).div_ceil(10_000);
        let under_cap = (base * u64::from(cap) / 10_000).saturating_sub(amount);
        prop_assert_eq!(drawn.available(Usd(fund), terms), Ok(Usd(above_reserve.min(under_cap))));
    }

    #[test]
    fn in_no_period_is_more_drawn_than_its_cap_whatever_is_paid_in_meanwhile(
        losses in proptest::collection::vec((0..2_000_u64, 0..500_u64, 0..DAY / 2), 1..30),
        reserve in 0..=10_000_u16, cap in 0..=10_000_u16,
    ) {
        let terms = InsuranceTerms { outage_reserve: Bps(reserve), epoch_cap: Bps(cap) };
        let (mut fund, mut now, mut drawn) = (1_000, 1, InsuranceDraw::default());
        let (mut began, mut base, mut spent) = (now, fund, 0);
        for (loss, paid_in, passed) in losses {
            if now >= began + DAY {
                (began, base, spent) = (now, fund, 0);
            }
            drawn = drawn.at(Millis(now), Usd(fund));
            let insurance = drawn.available(Usd(fund), terms).unwrap();
            let paid = split(Usd(loss), Cushions { insurance, liquidity: Usd(0) }).insurance;
            drawn.amount = drawn.amount.plus(paid).unwrap();
            spent += paid.0;
            prop_assert!(spent <= base * u64::from(cap) / 10_000);
            prop_assert!((fund - paid.0) * 10_000 >= fund * u64::from(reserve));
            fund = fund - paid.0 + paid_in;
            now += passed;
        }
    }
}
