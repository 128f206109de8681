use proptest::prelude::*;

use super::{millionths, size};
use crate::render::decimal;

#[test]
fn numbers_are_taken_exactly() {
    let cases = [
        ("1", 1_000_000),
        ("0.000001", 1),
        (".5", 500_000),
        ("12.", 12_000_000),
        ("007.10", 7_100_000),
        ("18446744073709.551615", u64::MAX),
    ];
    for (text, value) in cases {
        assert_eq!(millionths(text), Ok(value), "{text}");
    }
}

#[test]
fn what_is_no_amount_is_refused_with_what_is_wrong() {
    for text in ["", ".", "-1", "+1", "1e3", "1,5", "1.2.3", "ten", "٣", " 1", "1_000"] {
        assert!(millionths(text).expect_err(text).contains("positive decimal"), "{text}");
    }
    assert!(millionths("1.0000001").expect_err("seven decimals").contains("7 decimals"));
    for text in ["0", "0.000000", "000"] {
        assert!(millionths(text).expect_err(text).contains("zero"), "{text}");
    }
    for text in ["18446744073709.551616", "99999999999999999999999999"] {
        assert!(millionths(text).expect_err(text).contains("larger"), "{text}");
    }
    assert!(size("9223372036854.775808").expect_err("it has no sign bit left").contains("larger"));
    assert_eq!(size("9223372036854.775807"), Ok(i64::MAX));
}

proptest! {
    #[test]
    fn what_is_shown_can_be_written(value in 1..u64::MAX) {
        prop_assert_eq!(millionths(&decimal(value, 6)), Ok(value));
    }
}
