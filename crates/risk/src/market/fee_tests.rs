use super::{FeeShares, split, taker_fee};
use crate::math::Rounding;
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

/// What a day's fees leave a fund with that has lost four fifths of its target, every hour anew.
fn recovered_after(days: u32, shares: FeeShares, target: Bps) -> Usd {
    let (open, hourly) = (Usd(50_000_000_000_000), Usd(1_000_000_000));
    let mut fund = Usd(open.portion(Bps(200), Rounding::Up).unwrap().0 / 5);
    for _ in 0..days * 24 {
        let shares = shares.while_insurance_lacks(fund, open, target);
        fund = fund.plus(split(hourly, shares).unwrap().insurance).unwrap();
    }
    fund
}

/// From a fifth to half of its target in a third of the time that the plain share takes.
#[test]
fn a_fund_that_was_used_up_grows_back_three_times_as_fast() {
    let shares = FeeShares { insurance: Bps(2_000), protocol: Bps(1_000) };
    let half = Usd(500_000_000_000);
    let reached = |target| (1..).find(|days| recovered_after(*days, shares, target) >= half);
    let (plain, healing) = (reached(Bps(0)).unwrap(), reached(Bps(200)).unwrap());
    assert!(healing * 3 <= plain, "{healing} days instead of {plain}");
}

#[test]
fn a_fund_at_its_target_or_without_one_gets_its_plain_share() {
    let shares = FeeShares { insurance: Bps(2_000), protocol: Bps(1_000) };
    let at = |fund, target| shares.while_insurance_lacks(Usd(fund), Usd(1_000_000), Bps(target));
    assert_eq!(at(20_000, 200), shares);
    assert_eq!(at(u64::MAX, 200), shares);
    assert_eq!(at(0, 0), shares);
    assert_eq!(at(0, 200), FeeShares { insurance: Bps(9_000), ..shares });
    assert_eq!(at(10_000, 200), FeeShares { insurance: Bps(5_500), ..shares });
}

#[test]
fn where_liquidity_has_no_share_there_is_nothing_to_take() {
    let shares = FeeShares { insurance: Bps(5_000), protocol: Bps(5_001) };
    assert_eq!(shares.while_insurance_lacks(Usd(0), Usd(1), Bps(1)), shares);
}

#[test]
fn a_target_beyond_counting_takes_no_more_than_liquiditys_share() {
    let shares = FeeShares { insurance: Bps(2_000), protocol: Bps(1_000) };
    let poor = shares.while_insurance_lacks(Usd(0), Usd(u64::MAX), Bps(u16::MAX));
    assert_eq!(poor, FeeShares { insurance: Bps(9_000), ..shares });
}

proptest! {
    #[test]
    fn what_insurance_takes_is_liquiditys_and_more_where_it_lacks_more(
        fund: u64, less: u64, open: u64, target: u16,
        insurance in 0..=5_000_u16, protocol in 0..=5_000_u16,
    ) {
        let plain = FeeShares { insurance: Bps(insurance), protocol: Bps(protocol) };
        let with = |fund| plain.while_insurance_lacks(Usd(fund), Usd(open), Bps(target));
        let (full, poor) = (with(fund), with(fund.saturating_sub(less)));
        prop_assert!(plain.insurance <= full.insurance && full.insurance <= poor.insurance);
        prop_assert_eq!(poor.protocol, plain.protocol);
        prop_assert!(poor.insurance.0 + poor.protocol.0 <= 10_000);
    }

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
