use super::{Limits, Quote, Refusal, six_decimals};
use crate::math::{Overflow, Rounding};
use crate::units::{Bps, Millis, Price};

const LIMITS: Limits = Limits { age: Millis(30_000), future: Millis(10_000), confidence: Bps(200) };
const NOW: Millis = Millis(1_000_000);

fn check(published: u64, confidence: u64, previous: u64, broke: u64) -> Result<(), Refusal> {
    let quote = Quote {
        price: Price(1_000_000),
        confidence: Price(confidence),
        published: Millis(published),
    };
    quote.check(Millis(previous), Millis(broke), NOW, LIMITS)
}

#[test]
fn each_limit_to_the_millisecond_and_the_unit() {
    assert_eq!(check(970_000, 0, 0, 0), Ok(()));
    assert_eq!(check(969_999, 0, 0, 0), Err(Refusal::Stale));
    assert_eq!(check(1_010_000, 0, 0, 0), Ok(()));
    assert_eq!(check(1_010_001, 0, 0, 0), Err(Refusal::Future));
    assert_eq!(check(990_000, 0, 989_999, 0), Ok(()));
    assert_eq!(check(990_000, 0, 990_000, 0), Err(Refusal::NotNewer));
    assert_eq!(check(990_000, 0, 0, 990_000), Ok(()));
    assert_eq!(check(990_000, 0, 0, 990_001), Err(Refusal::BeforeBreak));
    assert_eq!(check(990_000, 20_000, 0, 0), Ok(()));
    assert_eq!(check(990_000, 20_001, 0, 0), Err(Refusal::Uncertain));
    let worthless = Quote { price: Price(0), confidence: Price(0), published: NOW };
    assert_eq!(worthless.check(Millis(0), Millis(0), NOW, LIMITS), Err(Refusal::NoPrice));
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
