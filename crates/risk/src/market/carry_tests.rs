use super::{Funding, FundingTerms, accrue_funding, borrow_rate, index_step, utilisation};
use crate::units::{HourlyRate, Millis, Ppm, Price, SignedSize, Size, Usd};
use proptest::prelude::*;

const TERMS: FundingTerms =
    FundingTerms { cap: 1_000_000, velocity: 2_000_000, full_skew: Size(1_000_000) };
const PRICE: Price = Price(100_000_000);

#[test]
fn one_hour_at_one_tenth_of_a_percent() {
    // 0.1 % of 100 is 0.1, which the index counts in 10⁻¹² of the unit of account.
    let rate = HourlyRate(1_000_000_000_000);
    let step = index_step(PRICE, rate, Millis(3_600_000), 0).unwrap();
    assert_eq!(step, (100_000_000_000, 0));
    let back = index_step(PRICE, HourlyRate(-rate.0), Millis(3_600_000), 0).unwrap();
    assert_eq!(back, (-100_000_000_000, 0));
}

#[test]
fn a_step_pays_the_mean_of_the_old_and_the_new_rate() {
    // Full skew for a day at two thousandths of a percent a day ends at the cap of one.
    let day = Millis(43_200_000);
    let skew = SignedSize(1_000_000);
    let (after, step) = accrue_funding(TERMS, Funding::default(), skew, PRICE, day).unwrap();
    assert_eq!(after.rate, HourlyRate(1_000_000_000_000));
    let mean = index_step(PRICE, HourlyRate(500_000_000_000), day, 0).unwrap();
    assert_eq!((step, after.remainder), mean);
}

#[test]
fn at_the_cap_no_movement_is_kept_for_later() {
    let (full, half_a_day) = (SignedSize(1_000_000), 43_200_000);
    let after = |elapsed| {
        let step = accrue_funding(TERMS, Funding::default(), full, PRICE, Millis(elapsed));
        step.unwrap().0
    };
    let below = after(half_a_day - 1);
    assert!(below.rate < HourlyRate(1_000_000_000_000) && below.rate_remainder != 0);
    let beyond = after(half_a_day + 1);
    assert_eq!((beyond.rate, beyond.rate_remainder), (HourlyRate(1_000_000_000_000), 0));
}

#[test]
fn borrowing_costs_in_proportion_to_what_is_used() {
    assert_eq!(utilisation(Usd(0), Usd(0)), Ok(Ppm(0)));
    assert_eq!(utilisation(Usd(1), Usd(0)), Ok(Ppm(1_000_000)));
    assert_eq!(utilisation(Usd(1), Usd(3)), Ok(Ppm(333_334)));
    assert_eq!(borrow_rate(50_000, Usd(1), Usd(2)), Ok(HourlyRate(25_000_000_000)));
    assert_eq!(borrow_rate(50_000, Usd(9), Usd(2)), Ok(HourlyRate(50_000_000_000)));
}

#[test]
fn a_day_of_half_skew_moves_the_rate_by_half_the_velocity_and_never_a_unit_more() {
    let rate = |skew, day| {
        let terms = FundingTerms { cap: 10_000_000, ..TERMS };
        let (after, _) =
            accrue_funding(terms, Funding::default(), SignedSize(skew), PRICE, Millis(day))
                .unwrap();
        after.rate.0
    };
    let day = 86_400_000;
    assert_eq!(
        [500_000, 1_000_000, 5_000_000].map(|skew| rate(skew, day)),
        [1_000_000_000_000, 2_000_000_000_000, 2_000_000_000_000,]
    );
    assert_eq!(rate(-500_000, day), -1_000_000_000_000);
    assert_eq!([rate(0, day), rate(1, 1), rate(-1, 1)], [0, 0, 0]);
    let coarse = FundingTerms { velocity: 1, full_skew: Size(3), ..TERMS };
    let third = accrue_funding(coarse, Funding::default(), SignedSize(1), PRICE, Millis(day));
    assert_eq!(third.unwrap().0.rate, HourlyRate(333_333));
}

proptest! {
    #[test]
    fn no_time_changes_nothing(
        rate in -1_000_000_000_000..=1_000_000_000_000_i64, remainder in -1_000_000..1_000_000_i64,
        skew in -2_000_000..2_000_000_i64,
    ) {
        let before = Funding { rate: HourlyRate(rate), rate_remainder: 0, remainder };
        let after = accrue_funding(TERMS, before, SignedSize(skew), PRICE, Millis(0)).unwrap();
        prop_assert_eq!(after, (before, 0));
    }

    #[test]
    fn the_rate_never_leaves_its_cap_whatever_the_clock_does(
        steps in proptest::collection::vec((-2_000_000..2_000_000_i64, 0..10_000_000_000_u64), 1..40),
    ) {
        let mut funding = Funding::default();
        for (skew, elapsed) in steps {
            let (after, step) =
                accrue_funding(TERMS, funding, SignedSize(skew), PRICE, Millis(elapsed)).unwrap();
            prop_assert!(after.rate.0.abs() <= 1_000_000_000_000);
            let most = i128::from(PRICE.0) * i128::from(elapsed) * 1_000_000 / 3_600_000 / 1_000;
            prop_assert!(i128::from(step.abs()) <= most + 1);
            funding = after;
        }
    }

    #[test]
    fn many_small_steps_pay_what_one_large_step_does(
        cuts in proptest::collection::vec(0..5_000_u64, 1..50), price in 1..1_000_000_000_u64,
        rate in -10_000_000_000_000..10_000_000_000_000_i64,
    ) {
        let (price, rate) = (Price(price), HourlyRate(rate));
        let (mut paid, mut remainder) = (0, 0);
        for elapsed in &cuts {
            let (step, rest) = index_step(price, rate, Millis(*elapsed), remainder).unwrap();
            paid += step;
            remainder = rest;
        }
        let whole = index_step(price, rate, Millis(cuts.iter().sum()), 0).unwrap();
        prop_assert_eq!((paid, remainder), whole);
    }

    #[test]
    fn whatever_the_cadence_the_rate_and_what_is_paid_are_the_same(
        cuts in proptest::collection::vec(1..2_000_u64, 1..300), skew in -1_000_000..=1_000_000_i64,
        velocity in prop_oneof![1..1_000_u32, 1..=u32::MAX], cap in 0..=10_000_000_u32,
        rate in -1_000_000_000_000..=1_000_000_000_000_i64, price in 1..1_000_000_000_u64,
    ) {
        let terms = FundingTerms { cap, velocity, full_skew: Size(1_000_000) };
        let rate = HourlyRate(rate.clamp(-i64::from(cap) * 1_000_000, i64::from(cap) * 1_000_000));
        let start = Funding { rate, ..Funding::default() };
        let run = |before, elapsed| {
            accrue_funding(terms, before, SignedSize(skew), Price(price), Millis(elapsed)).unwrap()
        };
        let (mut cut, mut paid) = (start, 0);
        for elapsed in &cuts {
            let (after, step) = run(cut, *elapsed);
            cut = after;
            paid += step;
        }
        let total = cuts.iter().sum();
        let (whole, due) = run(start, total);
        prop_assert_eq!(cut.rate, whole.rate);
        // At the cap less than a unit may be kept, which moves nothing there.
        let at_cap = whole.rate.0 == skew.signum() * i64::from(cap) * 1_000_000;
        prop_assert!(at_cap || cut.rate_remainder == whole.rate_remainder);
        // Each mean is off by at most a unit and a half of the rate.
        let most = i128::from(price) * i128::from(total) * 3 / 3_600_000_000_000_000 + 2;
        prop_assert!(i128::from(paid - due).abs() <= most, "{paid} {due} {most}");
    }

    #[test]
    fn shorts_pay_what_longs_would_in_their_mirror(
        rate in -1_000_000_000_000..=1_000_000_000_000_i64, remainder in -1_000_000..1_000_000_i64,
        skew in -2_000_000..2_000_000_i64, price in 1..1_000_000_000_u64, elapsed in 0..600_000_u64,
        kept in 0..86_400_000_i64,
    ) {
        // A skew of zero counts as long.
        prop_assume!(skew != 0);
        let run = |sign: i64| {
            let before = Funding {
                rate: HourlyRate(sign * rate),
                rate_remainder: sign * kept,
                remainder: sign * remainder,
            };
            let skew = SignedSize(sign * skew);
            accrue_funding(TERMS, before, skew, Price(price), Millis(elapsed)).unwrap()
        };
        let ((long, paid), (short, received)) = (run(1), run(-1));
        prop_assert_eq!(paid, -received);
        prop_assert_eq!((long.rate.0, long.remainder), (-short.rate.0, -short.remainder));
        prop_assert_eq!(long.rate_remainder, -short.rate_remainder);
    }

    #[test]
    fn a_step_and_what_it_keeps_are_exactly_what_is_due(
        price in 0..1_000_000_000_000_u64, rate in -10_000_000_000_000..10_000_000_000_000_i64,
        elapsed in 0..600_000_u64, kept in -3_599_999_999_999_999..3_600_000_000_000_000_i64,
    ) {
        let (step, rest) = index_step(Price(price), HourlyRate(rate), Millis(elapsed), kept).unwrap();
        let due = i128::from(price) * i128::from(rate) * i128::from(elapsed) + i128::from(kept);
        let whole = 3_600_000_000_000_000_i128;
        prop_assert_eq!((i128::from(step), i128::from(rest)), (due / whole, due % whole));
    }

    #[test]
    fn utilisation_is_the_share_rounded_up_and_never_above_all(open: u64, liquidity: u64) {
        let found = utilisation(Usd(open), Usd(liquidity)).unwrap();
        let exact = (u128::from(open) * 1_000_000).checked_div(u128::from(liquidity));
        let least = exact.unwrap_or(u128::from(open > 0) * 1_000_000).min(1_000_000);
        prop_assert!((least..=least + 1).contains(&u128::from(found.0)) && found.0 <= 1_000_000);
        prop_assert_eq!(found.0 > 0, open > 0);
    }
}
