extern crate std;
use std::vec::Vec;

use super::{ProviderTimes, proven_time};
use crate::units::Millis;
use proptest::prelude::*;

/// What providers prove of which each has published so, feed by feed.
fn proven(published: &[&[u64]], from: u64) -> u64 {
    let heard = |feeds: &&[u64]| {
        let mut times = ProviderTimes::default();
        for (index, time) in feeds.iter().enumerate() {
            times.learn([index as u8 + 1; 32], Millis(*time));
        }
        times
    };
    let providers: Vec<ProviderTimes> = published.iter().map(heard).collect();
    proven_time(&providers, Millis(from)).0
}

#[test]
fn the_second_newest_provider_proves_the_time_or_the_only_one() {
    assert_eq!(proven(&[], 0), 0);
    assert_eq!(proven(&[&[], &[500], &[]], 0), 500);
    assert_eq!(proven(&[&[900], &[500], &[700]], 0), 700);
    assert_eq!(proven(&[&[700], &[700]], 0), 700);
}

#[test]
fn a_provider_proves_what_two_of_its_feeds_agree_on_or_its_only_one_says() {
    assert_eq!(proven(&[&[900, 500]], 0), 500);
    assert_eq!(proven(&[&[500, 900, 700]], 0), 700);
    assert_eq!(proven(&[&[900, 99]], 100), 900);
    assert_eq!(proven(&[&[900, 600], &[700]], 0), 600);
}

#[test]
fn a_feed_that_speaks_twice_confirms_nothing() {
    let mut times = ProviderTimes::default();
    times.learn([1; 32], Millis(500));
    times.learn([2; 32], Millis(400));
    times.learn([1; 32], Millis(4_000));
    times.learn([1; 32], Millis(4_100));
    assert_eq!(proven_time(&[times], Millis(0)), Millis(400));
    times.learn([2; 32], Millis(5_000));
    times.learn([2; 32], Millis(4_900));
    assert_eq!(proven_time(&[times], Millis(0)), Millis(4_100));
}

#[test]
fn who_has_been_silent_for_long_has_no_say() {
    assert_eq!(proven(&[&[900], &[99]], 100), 900);
    assert_eq!(proven(&[&[900], &[100]], 100), 100);
    assert_eq!(proven(&[&[99], &[98]], 100), 0);
}

proptest! {
    /// While two others are heard, one provider alone moves the proof no further than they have it.
    #[test]
    fn one_provider_that_is_wrong_moves_nothing(
        honest in prop::collection::vec(prop::collection::vec(1_000_u64..2_000, 1..3), 2..5),
        wrong in prop::collection::vec(any::<u64>(), 1..4),
    ) {
        let newest = honest.iter().flatten().copied().max().unwrap_or_default();
        let honest: Vec<&[u64]> = honest.iter().map(Vec::as_slice).collect();
        let all: Vec<&[u64]> = honest.iter().copied().chain([wrong.as_slice()]).collect();
        prop_assert!(proven(&all, 1_000) <= newest);
        prop_assert!(proven(&all, 1_000) >= proven(&honest, 1_000));
    }

    /// While another feed of its provider is heard, one feed alone moves the proof no further than the
    /// others have it, whatever it says, how often and in which order.
    #[test]
    fn one_feed_that_is_wrong_moves_nothing(
        says in prop::collection::vec((0_u8..4, 1_000_u64..2_000, any::<u64>()), 1..20),
    ) {
        let mut times = ProviderTimes::default();
        let mut newest = 0;
        for (feed, honest, lie) in says {
            times.learn([feed; 32], Millis(if feed == 0 { lie } else { honest }));
            newest = if feed == 0 { newest } else { honest.max(newest) };
        }
        let proven = proven_time(&[times], Millis(1_000)).0;
        prop_assert!(newest == 0 || proven <= newest);
    }
}
