use std::collections::HashSet;

use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use proptest::prelude::*;

use super::{BACKUP_DELAY, LeaderRotation};
use crate::world::key;

const KEEPERS: [Pubkey; 3] = [
    Pubkey::new_from_array([1; 32]),
    Pubkey::new_from_array([2; 32]),
    Pubkey::new_from_array([3; 32]),
];

/// The last of three, and those before it.
fn last() -> (LeaderRotation, Vec<Pubkey>) {
    let all = KEEPERS.map(|me| LeaderRotation::new(me, &KEEPERS));
    let last = all.into_iter().find(|one| one.ahead(0, Millis(0)).len() == 2);
    let last = last.expect("one is last");
    let ahead = last.ahead(0, Millis(0));
    (last, ahead)
}

fn waits(attendance: &LeaderRotation, ahead: &[Pubkey], now: u64) -> u64 {
    attendance.wait(ahead, BACKUP_DELAY, Millis(now)).0
}

#[test]
fn who_let_something_pass_is_not_waited_for_again_for_a_minute() {
    let (mut last, ahead) = last();
    assert_eq!(waits(&last, &ahead, 0), 4_000);
    last.passed(&ahead, Millis(0), Millis(4_000));
    assert_eq!((waits(&last, &ahead, 63_999), waits(&last, &ahead, 64_000)), (0, 4_000));
}

#[test]
fn who_did_something_else_meanwhile_is_busy_and_not_absent() {
    let (mut last, ahead) = last();
    // Something else of the first one's was done in time.
    last.done(&ahead, BACKUP_DELAY, Millis(500), Millis(1_500));
    last.passed(&ahead, Millis(1_000), Millis(5_000));
    assert_eq!(waits(&last, &ahead[..1], 5_000), 2_000);
    assert_eq!(waits(&last, &ahead[1..], 5_000), 0);
    // Nothing since this was to do.
    last.passed(&ahead, Millis(1_500), Millis(5_500));
    assert_eq!(waits(&last, &ahead, 5_500), 0);
}

#[test]
fn what_was_done_late_was_done_by_the_next_one() {
    let (mut last, ahead) = last();
    last.done(&ahead, BACKUP_DELAY, Millis(0), Millis(2_500));
    last.passed(&ahead, Millis(1_000), Millis(5_000));
    assert_eq!(waits(&last, &ahead[..1], 5_000), 0);
    assert_eq!(waits(&last, &ahead[1..], 5_000), 2_000);
    // The first is absent, so the second does it at once.
    last.done(&ahead, BACKUP_DELAY, Millis(6_000), Millis(6_500));
    assert_eq!(waits(&last, &ahead[..1], 6_500), 0);
}

#[test]
fn who_is_first_though_thought_absent_is_back() {
    let (mut last, ahead) = last();
    last.passed(&ahead, Millis(0), Millis(4_000));
    last.done(&ahead, BACKUP_DELAY, Millis(5_000), Millis(6_000));
    assert_eq!(waits(&last, &ahead, 6_000), 4_000);
}

proptest! {
    /// In every market and window everybody has one place, the same for all.
    #[test]
    fn places_are_agreed_on(market in 0..16_u8, venue_now in any::<u32>()) {
        let now = Millis(u64::from(venue_now));
        let mut lines = KEEPERS.map(|me| {
            let mut line = LeaderRotation::new(me, &KEEPERS).ahead(market, now);
            line.push(me);
            line
        });
        lines.sort_by_key(Vec::len);
        for (place, line) in lines.iter().enumerate() {
            prop_assert_eq!(line.as_slice(), &lines[2][..=place]);
        }
    }

    /// Turns are spread: over many windows everybody comes first sometimes.
    #[test]
    fn everybody_comes_first_sometimes(market in 0..16_u8) {
        let first = |window: u64| {
            let now = Millis(window * 60_000);
            KEEPERS.iter().position(|me| LeaderRotation::new(*me, &KEEPERS).ahead(market, now).is_empty())
        };
        let firsts: HashSet<_> = (0..60).map(first).collect();
        prop_assert_eq!(firsts.len(), 3);
    }
}

#[test]
fn alone_there_is_nobody_to_wait_for() {
    let mut alone = LeaderRotation::new(key(9), &[]);
    assert!(alone.ahead(0, Millis(0)).is_empty());
    alone.done(&[], BACKUP_DELAY, Millis(0), Millis(1));
    alone.passed(&[], Millis(0), Millis(1));
    assert_eq!(alone.wait(&[], BACKUP_DELAY, Millis(0)), Millis(0));
}
