use super::{ago, decimal, signed};

#[test]
fn decimals_keep_what_counts() {
    assert_eq!(decimal(0, 6), "0");
    assert_eq!(decimal(1, 6), "0.000001");
    assert_eq!(decimal(1_500_000, 6), "1.5");
    assert_eq!(decimal(20_000_000, 6), "20");
    assert_eq!(signed(-2_000_001), "-2.000001");
    assert_eq!(signed(i64::MIN), "-9223372036854.775808");
}

#[test]
fn a_moment_that_never_was_is_said_so() {
    assert_eq!(
        (ago(0, 5), ago(1_000, 3_500), ago(9_000, 1_000)),
        ("never".into(), "2 s ago".into(), "0 s ago".into())
    );
}
