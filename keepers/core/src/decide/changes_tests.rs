use std::collections::BTreeSet;

use bytemuck::Zeroable;
use holdfast_client::decode::content_hash;
use holdfast_client::holdfast::state::{Change, ChangeKind, Exchange};
use holdfast_client::{Pubkey, address};

use super::unannounced;
use crate::world::mirror;
use crate::{Intent, VenueSnapshot};

const GUARDIAN: Pubkey = Pubkey::new_from_array([7; 32]);
const OTHER: Pubkey = Pubkey::new_from_array([8; 32]);

fn waiting(contents: &[ChangeKind]) -> VenueSnapshot {
    let mut mirror = mirror();
    let mut exchange = Exchange::zeroed();
    (exchange.locked, exchange.admin) = (1, OTHER);
    exchange.set_guardians(&[GUARDIAN, Pubkey::new_from_array([9; 32])]).unwrap();
    mirror.exchange = Some(exchange);
    for (number, content) in (0..).zip(contents) {
        let content = content.clone();
        let change = Change {
            version: 1,
            bump: 0,
            number,
            proposer: OTHER,
            ready_ms: 1,
            expires_ms: 2,
            content,
        };
        mirror.changes.insert(address::change(number), change);
    }
    mirror
}

#[test]
fn what_nobody_announced_is_taken_back_and_the_rest_left() {
    let upgrade = |byte| ChangeKind::Upgrade { buffer: OTHER, sha256: [byte; 32] };
    let fees = ChangeKind::FeeReceiver(GUARDIAN);
    let mirror = waiting(&[upgrade(1), upgrade(2), fees.clone()]);
    let numbers = |announced: &[[u8; 32]]| {
        let announced = announced.iter().copied().collect::<BTreeSet<_>>();
        let found = unannounced(&mirror, &announced, GUARDIAN);
        let numbers = found.iter().map(|intent| match intent {
            Intent::CancelChange { number, proposer: OTHER, guardian: GUARDIAN } => *number,
            other => panic!("{other:?}"),
        });
        let mut numbers: Vec<_> = numbers.collect();
        numbers.sort_unstable();
        numbers
    };
    assert_eq!(numbers(&[]), [0, 1, 2]);
    assert_eq!(numbers(&[[1; 32]]), [1, 2], "an upgrade is known by its program's hash");
    assert!(numbers(&[[1; 32], [2; 32], content_hash(&fees)]).is_empty());
}

#[test]
fn only_a_guardian_and_not_its_own_removal() {
    let removal = ChangeKind::Guardian { leaves: Some(GUARDIAN), joins: None };
    let mirror = waiting(&[removal]);
    assert_eq!(unannounced(&mirror, &BTreeSet::new(), GUARDIAN), []);
    let mirror = waiting(&[ChangeKind::Admin(GUARDIAN)]);
    assert_eq!(unannounced(&mirror, &BTreeSet::new(), OTHER), []);
    assert_eq!(unannounced(&mirror, &BTreeSet::new(), GUARDIAN).len(), 1);
}
