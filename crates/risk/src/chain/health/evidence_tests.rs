extern crate std;
use std::vec::Vec;

use super::proven_time;
use crate::units::Millis;
use proptest::prelude::*;

fn proven(published: &[u64], from: u64) -> u64 {
    proven_time(published.iter().copied().map(Millis), Millis(from)).0
}

#[test]
fn the_second_newest_proves_the_time_or_the_only_one() {
    assert_eq!(proven(&[0, 0, 0], 0), 0);
    assert_eq!(proven(&[0, 500, 0], 0), 500);
    assert_eq!(proven(&[900, 500, 700], 0), 700);
    assert_eq!(proven(&[700, 700], 0), 700);
}

#[test]
fn who_has_been_silent_for_long_has_no_say() {
    assert_eq!(proven(&[900, 99], 100), 900);
    assert_eq!(proven(&[900, 100], 100), 100);
    assert_eq!(proven(&[99, 98], 100), 0);
}

proptest! {
    /// While two others are heard, one provider alone moves the proof no further than they have it.
    #[test]
    fn one_that_is_wrong_moves_nothing(
        honest in prop::collection::vec(1_000_u64..2_000, 2..5),
        wrong in any::<u64>(),
    ) {
        let newest = honest.iter().copied().max().unwrap_or_default();
        let all: Vec<u64> = honest.iter().copied().chain([wrong]).collect();
        prop_assert!(proven(&all, 1_000) <= newest);
        prop_assert!(proven(&all, 1_000) >= proven(&honest, 1_000));
    }
}
