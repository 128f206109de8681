use holdfast_risk::Millis;

use super::is_close;
use crate::world::{NOW, key, long, mirror};
use crate::{Intent, VenueSnapshot, decide};

/// Whether an account with this much collateral is flagged at `now`; the decision, if it is.
fn flagged(mirror: &mut VenueSnapshot, collateral: u64, now: Millis) -> Option<Intent> {
    mirror.accounts.insert(key(1), long(collateral));
    let flag = Intent::Flag { account: key(1) };
    decide(mirror, now).into_iter().find(|intent| *intent == flag)
}

/// The most collateral with which it is flagged.
fn most(mirror: &mut VenueSnapshot, now: Millis) -> u64 {
    let (mut flagged_with, mut safe_with) = (0_u64, 1_000_000_000);
    while safe_with - flagged_with > 1 {
        let middle = flagged_with.midpoint(safe_with);
        match flagged(mirror, middle, now) {
            Some(_) => flagged_with = middle,
            None => safe_with = middle,
        }
    }
    flagged_with
}

#[test]
fn what_fails_by_little_on_an_old_price_is_close() {
    let mut mirror = mirror();
    let age = mirror.markets[0].1.terms.age_ms;
    let mut close = |lacks: u64, after: u64| {
        let now = Millis(NOW + after);
        let collateral = most(&mut mirror, now) - lacks;
        let flag = flagged(&mut mirror, collateral, now).expect("it fails");
        is_close(&mirror, now, &flag)
    };
    assert!(close(0, age / 2 + 1));
    assert!(!close(0, age / 2), "the price is young");
    assert!(!close(5_000_000, age / 2 + 1), "it lacks a lot");
}

#[test]
fn only_flags_and_liquidations_are() {
    let mut mirror = mirror();
    let now = Millis(NOW + mirror.markets[0].1.terms.age_ms / 2 + 1);
    let collateral = most(&mut mirror, now);
    flagged(&mut mirror, collateral, now).expect("it fails");
    let (account, market) = (key(1), 0);
    assert!(is_close(&mirror, now, &Intent::Liquidate { account, market }));
    assert!(!is_close(&mirror, now, &Intent::ExecuteOrder { account, market, number: 1 }));
    assert!(!is_close(&mirror, now, &Intent::Flag { account: key(2) }), "nobody knows it");
}
