use holdfast_risk::Millis;

use super::{Ledger, SETTLED_AFTER, Spend, SpendFate};
use crate::world::key;

const DAY: Millis = Millis::DAY;

fn ledger() -> Ledger {
    Ledger::new(100, DAY, Vec::new())
}

#[test]
fn what_is_under_way_counts_until_it_has_certainly_not_landed() {
    let mut ledger = ledger();
    ledger.begun(key(1), 60, Millis(0), 500);
    assert_eq!((ledger.left(Millis(0)), ledger.left(DAY.after(DAY))), (40, 40));
    ledger.released(&key(2));
    assert_eq!(ledger.left(Millis(0)), 40, "another account's");
    ledger.released(&key(1));
    assert_eq!(ledger.left(Millis(0)), 100);
}

#[test]
fn what_landed_counts_for_a_period_from_when_that_was_noticed() {
    let mut ledger = ledger();
    ledger.begun(key(1), 60, Millis(0), 500);
    ledger.landed(&key(1), 7, Millis(1_000));
    assert!(ledger.waits(&key(1), 7), "the mirror does not show slot 7 yet");
    assert!(!ledger.waits(&key(1), 8) && !ledger.waits(&key(2), 0));
    assert_eq!(ledger.left(Millis(DAY.0 + 999)), 40);
    assert_eq!(ledger.left(Millis(DAY.0 + 1_000)), 100);
    ledger.released(&key(1));
    assert_eq!(ledger.left(Millis(1_000)), 40, "it has landed");
    assert!(ledger.settle(0, Millis(DAY.0 + 1_000)), "and is forgotten");
    assert_eq!(ledger.spends(), []);
}

#[test]
fn what_nobody_can_tell_counts_as_spent() {
    let mut ledger = ledger();
    ledger.begun(key(1), 60, Millis(0), 500);
    ledger.lost(&key(1), Millis(5_000));
    let fate = SpendFate::Unknown;
    let spend = Spend { account: key(1), amount: 60, at: Millis(5_000), fate };
    assert_eq!(ledger.spends(), [spend]);
    assert!(!ledger.waits(&key(1), 0));
}

/// A run that ended left a deposit under way: it may land until its blockhash has expired.
#[test]
fn what_an_earlier_run_left_is_waited_for_and_then_counts_as_spent() {
    let fate = SpendFate::UnderWay { last_height: 500 };
    let left = Spend { account: key(1), amount: 60, at: Millis(0), fate };
    let mut ledger = Ledger::new(100, DAY, vec![left]);
    assert!(!ledger.settle(500 + SETTLED_AFTER, DAY.after(DAY)));
    assert!(ledger.waits(&key(1), u64::MAX));
    assert!(ledger.settle(501 + SETTLED_AFTER, DAY.after(DAY)));
    assert!(!ledger.waits(&key(1), 0));
    assert_eq!(ledger.left(DAY.after(DAY)), 40);
}
