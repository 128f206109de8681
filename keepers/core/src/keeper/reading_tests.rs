use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use holdfast_rpc::{Key, Part};

use super::{AT_ONCE, FEW, Reading};

const SILO: Pubkey = Pubkey::new_from_array([3; 32]);
const NOW: Millis = Millis(5);

fn reading() -> Reading {
    Reading::new(1, SILO, vec![SILO], true, NOW)
}

/// Answers whatever is asked for, until nothing more is: each part by how many accounts it has, or not
/// at all where it is too long. Says what was asked for, and how much at once at most.
fn read(reading: &mut Reading, mut has: impl FnMut(&Part) -> Option<usize>) -> (Vec<Part>, usize) {
    let (mut all, mut most, mut under_way) = (Vec::new(), 0, Vec::new());
    loop {
        while let Some(part) = reading.next_part() {
            under_way.push(part.clone());
            all.push(part);
        }
        most = most.max(under_way.len());
        let Some(part) = under_way.pop() else { return (all, most) };
        assert!(reading.has_asked(&part) && reading.done().is_none());
        match has(&part) {
            Some(accounts) => reading.came(&part, 40 + all.len() as u64, accounts, NOW),
            None => assert!(reading.failed(&part, true, NOW), "{part:?}"),
        }
    }
}

#[test]
fn a_small_venue_is_read_in_six_parts_and_a_large_one_in_256() {
    let mut small = reading();
    let (parts, most) = read(&mut small, |_| Some(FEW));
    assert_eq!((parts.len(), most), (6, 5));
    assert_eq!(parts.last(), Some(&Part::Accounts(SILO, Key::default())));
    // Five were asked for before the first of them came, in slot 45.
    assert_eq!(small.done(), Some(45));
    let mut large = reading();
    let (parts, most) = read(&mut large, |_| Some(FEW + 1));
    assert_eq!((parts.len(), most), (4 + 256, AT_ONCE));
    for byte in 0..=u8::MAX {
        let part = Part::Accounts(SILO, Key::beginning_with(byte));
        assert_eq!(parts.iter().filter(|asked| **asked == part).count(), 1, "{byte}");
    }
    assert!(large.done().is_some());
}

#[test]
fn what_is_too_long_is_asked_for_in_narrower_parts() {
    let crowded = Part::Accounts(SILO, Key::beginning_with(9));
    let mut large = reading();
    let (parts, _) = read(&mut large, |part| (*part != crowded).then_some(FEW + 1));
    assert_eq!(parts.len(), 4 + 256 + 256);
    assert!(crowded.split().iter().all(|part| parts.contains(part)));
    assert!(large.done().is_some());
    // Also where that is the first.
    let crowded = Part::Accounts(SILO, Key::beginning_with(0));
    let (parts, _) = read(&mut reading(), |part| (*part != crowded).then_some(FEW + 1));
    assert_eq!(parts.len(), 4 + 256 + 256);
}

#[test]
fn an_endpoint_that_refuses_all_at_once_is_asked_for_parts_and_one_that_refuses_parts_is_left() {
    let mut reading = reading();
    while reading.next_part().is_some() {}
    let requests = Part::Requests(SILO, Key::default());
    assert!(reading.failed(&requests, false, NOW));
    assert!(reading.next_part().is_some(), "in parts");
    assert!(!reading.failed(&Part::Markets(SILO), false, NOW));
    assert!(!reading.failed(&Part::Changes, true, NOW), "it cannot be split");
    assert!(!reading.failed(&Part::Accounts(SILO, Key::beginning_with(0)), false, NOW));
}

#[test]
fn it_is_late_when_nothing_comes_or_when_it_takes_too_long_in_all() {
    let mut reading = reading();
    let part = reading.next_part().expect("the first");
    let (patience, at) = (Millis(100), |ms: u64| Millis(NOW.0 + ms));
    assert!(!reading.is_late(patience, at(99)) && reading.is_late(patience, at(100)));
    reading.came(&part, 1, 0, at(99));
    assert!(!reading.is_late(patience, at(198)) && reading.is_late(patience, at(199)));
    assert!(reading.is_late(Millis(u64::MAX), at(1_200_000)));
}
