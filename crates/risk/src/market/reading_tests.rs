use super::{Limits, Quote, ReadingError, six_decimals};
use crate::math::{Overflow, Rounding};
use crate::units::{Bps, Millis, Price};
use proptest::prelude::*;

const LIMITS: Limits = Limits { age: Millis(30_000), future: Millis(10_000), confidence: Bps(200) };
const NOW: Millis = Millis(1_000_000);

fn check(
    published: u64,
    confidence: u64,
    previous: u64,
    last_disruption: u64,
) -> Result<(), ReadingError> {
    let quote = Quote {
        price: Price(1_000_000),
        confidence: Price(confidence),
        published: Millis(published),
    };
    quote.check(Millis(previous), Millis(last_disruption), NOW, LIMITS)
}

#[test]
fn each_limit_to_the_millisecond_and_the_unit() {
    assert_eq!(check(970_000, 0, 0, 0), Ok(()));
    assert_eq!(check(969_999, 0, 0, 0), Err(ReadingError::Stale));
    assert_eq!(check(1_010_000, 0, 0, 0), Ok(()));
    assert_eq!(check(1_010_001, 0, 0, 0), Err(ReadingError::Future));
    assert_eq!(check(990_000, 0, 989_999, 0), Ok(()));
    assert_eq!(check(990_000, 0, 990_000, 0), Err(ReadingError::NotNewer));
    assert_eq!(check(990_000, 0, 0, 990_000), Ok(()));
    assert_eq!(check(990_000, 0, 0, 990_001), Err(ReadingError::BeforeDisruption));
    assert_eq!(check(990_000, 20_000, 0, 0), Ok(()));
    assert_eq!(check(990_000, 20_001, 0, 0), Err(ReadingError::Uncertain));
    let worthless = Quote { price: Price(0), confidence: Price(0), published: NOW };
    assert_eq!(worthless.check(Millis(0), Millis(0), NOW, LIMITS), Err(ReadingError::NoPrice));
}

#[test]
fn every_exponent_a_provider_may_use() {
    let down = |mantissa, exponent| six_decimals(mantissa, exponent, Rounding::Down);
    assert_eq!(down(15_012_345_678, -8), Ok(Price(150_123_456)));
    assert_eq!(six_decimals(15_012_345_678, -8, Rounding::Up), Ok(Price(150_123_457)));
    assert_eq!(down(150, 0), Ok(Price(150_000_000)));
    assert_eq!(down(15, 1), Ok(Price(150_000_000)));
    assert_eq!(down(7, -6), Ok(Price(7)));
    assert_eq!(down(u64::MAX, 1), Err(Overflow));
    for exponent in [i32::MIN, i32::MAX, 100, -100] {
        assert_eq!(down(1, exponent), Err(Overflow));
    }
}

#[test]
fn a_reading_counts_exactly_when_every_limit_holds() {
    let near = |edge: u64| [edge - 1, edge, edge + 1];
    for published in near(970_000).into_iter().chain(near(1_000_000)).chain(near(1_010_000)) {
        for previous in near(published) {
            for last_disruption in near(published) {
                for confidence in [0, 19_999, 20_000, 20_001] {
                    let counts = (970_000..=1_010_000).contains(&published)
                        && published > previous
                        && published >= last_disruption
                        && confidence <= 20_000;
                    let found = check(published, confidence, previous, last_disruption);
                    assert_eq!(
                        found.is_ok(),
                        counts,
                        "{published} {previous} {last_disruption} {confidence}"
                    );
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn confidence_is_refused_from_the_first_unit_above_its_share(
        price in 1..u64::MAX / 10_000, wide in 0..u64::MAX / 10_000, share in 0..=500_u16,
    ) {
        let edge = price * u64::from(share) / 10_000;
        let limits = Limits { confidence: Bps(share), ..LIMITS };
        for confidence in [wide, edge, edge + 1] {
            let quote = Quote { price: Price(price), confidence: Price(confidence), published: NOW };
            let found = quote.check(Millis(0), Millis(0), NOW, limits);
            let sure = u128::from(confidence) * 10_000 <= u128::from(price) * u128::from(share);
            prop_assert_eq!(found, if sure { Ok(()) } else { Err(ReadingError::Uncertain) });
        }
    }

    #[test]
    fn six_decimals_are_exact_or_off_by_less_than_one(
        mantissa in prop_oneof![any::<u64>(), 0..1_000_000_u64], exponent in -25..14_i32,
    ) {
        let found = [Rounding::Down, Rounding::Up].map(|it| six_decimals(mantissa, exponent, it));
        let wanted = if exponent >= -6 {
            let exact = u128::from(mantissa) * 10_u128.pow((exponent + 6) as u32);
            [exact, exact]
        } else {
            let divisor = 10_u128.pow((-exponent - 6) as u32);
            [u128::from(mantissa) / divisor, u128::from(mantissa).div_ceil(divisor)]
        };
        prop_assert_eq!(found, wanted.map(|it| u64::try_from(it).map(Price).map_err(|_| Overflow)));
    }
}
