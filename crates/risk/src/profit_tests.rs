use super::matured;
use crate::math::Overflow;
use crate::units::Usd;
use proptest::prelude::*;

#[test]
fn a_claim_above_the_total_is_refused() {
    assert_eq!(matured(Usd(2), Usd(9), Usd(1)), Err(Overflow));
}

proptest! {
    #[test]
    fn claims_never_exceed_what_is_payable(
        a in 0..u64::MAX / 2, b in 0..u64::MAX / 2, payable: u64,
    ) {
        let of = |claim| matured(Usd(claim), Usd(payable), Usd(a + b)).unwrap().0;
        let paid = of(a) + of(b);
        prop_assert!(paid <= payable && paid <= a + b);
        prop_assert!(payable < a + b || paid == a + b);
        prop_assert!(paid + 1 >= payable.min(a + b));
    }
}
