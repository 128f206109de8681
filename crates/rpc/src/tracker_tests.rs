use holdfast_risk::Millis;
use solana_keypair::keypair_from_seed;
use solana_message::Hash;

use super::{Look, Status, Tracker, Verdict};
use crate::limits::SPARE_BLOCKS;
use crate::{Blockhash, Budget, sign};

const LAST: u64 = 1_000;
const PAST: u64 = LAST + SPARE_BLOCKS + 1;

fn tracker() -> Tracker<&'static str> {
    let wallet = keypair_from_seed(&[5; 32]).expect("32 bytes");
    let signed = sign(Budget::default(), &[], &[&wallet], &Hash::default()).expect("it signs");
    Tracker::new(signed, Blockhash { hash: Hash::default(), last_height: LAST })
}

fn absent(height: u64) -> Look<&'static str> {
    Look { height, status: Status::Absent { searched: true } }
}

fn landed(slot: u64) -> Look<&'static str> {
    Look { height: LAST, status: Status::Confirmed { slot, refused: None } }
}

/// The verdict of endpoints that all answer and show these.
fn judged(looks: &[Look<&'static str>], endpoints: usize) -> Option<Verdict<&'static str>> {
    let mut tracker = tracker();
    for (endpoint, look) in looks.iter().enumerate() {
        tracker.hear(endpoint, look.clone());
    }
    let all: Vec<_> = (0..endpoints).collect();
    tracker.judge(&all).cloned()
}

#[test]
fn one_endpoint_alone_decides_where_there_is_no_other() {
    assert_eq!(judged(&[absent(PAST - 1)], 1), None);
    assert_eq!(judged(&[absent(PAST)], 1), Some(Verdict::Expired));
    assert_eq!(judged(&[landed(7)], 1), Some(Verdict::Landed { slot: 7 }));
    let refused = Status::Confirmed { slot: 7, refused: Some("AccountSafe") };
    let refused = [Look { height: 5, status: refused }];
    assert_eq!(judged(&refused, 1), Some(Verdict::Refused { slot: 7, reason: "AccountSafe" }));
    assert_eq!(judged(&[Look { height: PAST, status: Status::Processed }], 1), None);
}

#[test]
fn what_was_not_searched_for_is_not_proved_to_be_absent() {
    let look = Look { height: PAST, status: Status::Absent { searched: false } };
    assert_eq!(judged(&[look], 1), None);
}

#[test]
fn one_of_three_decides_nothing() {
    assert_eq!(judged(&[absent(PAST)], 3), None);
    assert_eq!(judged(&[landed(7)], 3), None);
    assert_eq!(judged(&[absent(PAST), landed(7), landed(7)], 3), Some(Verdict::Landed { slot: 7 }));
    assert_eq!(judged(&[landed(7), landed(8)], 3), None, "they do not agree");
    assert_eq!(judged(&[absent(PAST), absent(PAST + 4)], 3), Some(Verdict::Expired));
}

#[test]
fn of_two_the_one_that_shows_a_landing_is_believed() {
    assert_eq!(judged(&[absent(PAST), landed(7)], 2), Some(Verdict::Landed { slot: 7 }));
    assert_eq!(judged(&[absent(PAST), absent(5)], 2), None);
}

#[test]
fn who_does_not_answer_is_not_waited_for() {
    let mut tracker = tracker();
    tracker.hear(0, absent(5));
    tracker.hear(1, absent(PAST));
    assert_eq!(tracker.judge(&[0, 1]), None);
    assert_eq!(tracker.judge(&[1]), Some(&Verdict::Expired));
}

#[test]
fn what_somebody_showed_before_going_silent_counts() {
    let mut tracker = tracker();
    tracker.hear(0, absent(PAST));
    assert_eq!(tracker.judge(&[1]), None, "the other has not seen so much yet");
    tracker.hear(1, absent(PAST));
    assert_eq!(tracker.judge(&[1]), Some(&Verdict::Expired));
}

#[test]
fn a_verdict_is_final() {
    let mut tracker = tracker();
    tracker.hear(0, landed(7));
    assert_eq!(tracker.judge(&[0]), Some(&Verdict::Landed { slot: 7 }));
    tracker.hear(0, absent(PAST));
    tracker.hear(1, absent(PAST));
    tracker.give_up();
    assert_eq!(tracker.judge(&[0, 1]), Some(&Verdict::Landed { slot: 7 }));
}

#[test]
fn what_nobody_shows_is_not_known() {
    let mut tracker = tracker();
    tracker.give_up();
    assert_eq!(tracker.verdict(), Some(&Verdict::Unknown));
}

#[test]
fn it_is_sent_to_each_endpoint_again_until_it_can_land_no_more() {
    let mut tracker = tracker();
    assert!(tracker.is_due(0, 0, Millis(0)));
    tracker.sending(0, Millis(0));
    assert!(!tracker.is_due(0, 0, Millis(999)) && tracker.is_due(1, 0, Millis(999)));
    assert!(tracker.is_due(0, LAST, Millis(1_000)) && !tracker.is_due(0, LAST + 1, Millis(1_000)));
    tracker.hear(1, landed(7));
    tracker.judge(&[1]);
    assert!(!tracker.is_due(1, 0, Millis(9_000)));
}
