use proptest::collection::vec;
use proptest::prelude::*;

use super::{Fees, percentile};
use crate::scheduler::Kind;

#[test]
fn a_percentile_is_one_of_the_values() {
    let values = [50, 10, 40, 20, 30];
    let at = |percent| percentile(&values, percent);
    assert_eq!([at(1), at(20), at(21), at(60), at(100)], [10, 10, 20, 30, 50]);
    assert_eq!(percentile(&[], 60), 0);
}

#[test]
fn exits_and_observations_have_a_cap_of_their_own() {
    let fees = Fees::default();
    let storm = [u64::MAX; 3];
    let paid = |kind| fees.price(kind, &storm, 0);
    assert_eq!(paid(Kind::Exit), 5_000_000);
    assert_eq!(paid(Kind::Observe), 5_000_000);
    assert_eq!(paid(Kind::Risk), 2_000_000);
    assert_eq!(paid(Kind::Chore), 100_000);
    assert_eq!(fees.price(Kind::Chore, &[], 0), 1_000);
}

proptest! {
    #[test]
    fn urgency_never_pays_less_and_never_more_than_the_cap(
        recent in vec(any::<u64>(), 0..40),
        attempt in 0..40_u32,
    ) {
        let fees = Fees::default();
        for kind in [Kind::Observe, Kind::Exit, Kind::Risk, Kind::Chore] {
            let (now, next) = (fees.price(kind, &recent, attempt), fees.price(kind, &recent, attempt + 1));
            prop_assert!(fees.floor <= now && now <= next && next <= fees.cap(kind));
        }
    }
}
