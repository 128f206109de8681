use super::{Accruals, Conditions, refresh};
use crate::market::terms::MarketTerms;
use crate::units::{CarryIndex, HourlyRate, Millis, Price, SignedSize, Usd};

const NOW: Millis = Millis(1_700_000_000_000);
const PRICE: Price = Price(100_000_000);

fn conditions() -> Conditions {
    Conditions {
        skew: SignedSize(500),
        open: Usd(50),
        liquidity: Usd(100),
        last_disruption: Millis(0),
        sheltered: false,
    }
}

fn run(before: &Accruals, conditions: Conditions, now: Millis) -> Accruals {
    let terms: MarketTerms = crate::market::terms::tests::good();
    refresh(before, conditions, PRICE, now, &terms).unwrap()
}

#[test]
fn longs_pay_funding_to_shorts_and_both_pay_liquidity() {
    let start = run(&Accruals::default(), conditions(), NOW);
    assert_eq!((start.carry_long.0, start.carry_short.0, start.accrued), (0, 0, NOW));
    let later = run(&start, conditions(), NOW.after(Millis(60_000)));
    let borrowed = (later.carry_long.0 + later.carry_short.0) / 2;
    assert!(borrowed > 0 && later.carry_long.0 > borrowed && later.carry_short.0 < borrowed);
}

#[test]
fn the_rate_and_what_was_not_counted_are_kept_for_the_next_step() {
    let start = run(&Accruals::default(), conditions(), NOW);
    let later = run(&start, conditions(), NOW.after(Millis(60_000)));
    // Full skew has brought the rate to its cap. A third of an index unit of borrow fee is left over.
    assert_eq!(later.funding.rate, HourlyRate(1_000_000_000_000));
    assert_eq!(later.borrow_remainder, 1_200_000_000_000_000);
}

#[test]
fn nobody_pays_for_shelter_for_a_gap_or_for_more_than_ten_minutes_at_once() {
    let start = run(&Accruals::default(), conditions(), NOW);
    let later = NOW.after(Millis(3_600_000));
    let sheltered = run(&start, Conditions { sheltered: true, ..conditions() }, later);
    assert_eq!((sheltered.carry_long, sheltered.accrued), (start.carry_long, later));
    let broken = run(&start, Conditions { last_disruption: later, ..conditions() }, later);
    assert_eq!(broken.carry_long, start.carry_long);
    let capped = run(&start, conditions(), later);
    assert_eq!(capped.carry_long, run(&start, conditions(), NOW.after(Millis(600_000))).carry_long);
}

#[test]
fn an_index_at_its_end_stops_funding_and_nothing_else() {
    let full = Accruals { accrued: NOW, carry_long: CarryIndex(i64::MAX), ..Accruals::default() };
    let later = NOW.after(Millis(600_000));
    let after = run(&full, conditions(), later);
    assert_eq!((after.carry_long, after.carry_short), (full.carry_long, full.carry_short));
    assert_eq!((after.accrued, after.volatility.price), (later, PRICE));
}

#[test]
fn a_clock_that_steps_back_accrues_nothing() {
    let start = run(&Accruals::default(), conditions(), NOW);
    let back = run(&start, conditions(), Millis(NOW.0 - 5_000));
    assert_eq!((back.carry_long, back.accrued), (start.carry_long, NOW));
}
