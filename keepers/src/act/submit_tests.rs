use std::time::Duration;

use solana_transaction_error::TransactionError;
use tokio::time::Instant;

use super::{Budget, Fate, Landing, PATIENCE, Patience, SPARE_BLOCKS, fate};

#[test]
fn only_what_can_land_no_more_has_not_landed() {
    let at = |landed, height| fate(&Landing { landed, height }, 1_000);
    assert_eq!(at(None, 0), Fate::Unknown);
    assert_eq!(at(None, 1_000 + SPARE_BLOCKS), Fate::Unknown);
    assert_eq!(at(None, 1_001 + SPARE_BLOCKS), Fate::Expired);
    assert_eq!(at(Some((7, None)), 5_000), Fate::Landed { slot: 7 });
    let refused = TransactionError::AccountNotFound;
    assert_eq!(at(Some((7, Some(refused.clone()))), 5_000), Fate::Refused(refused));
}

#[test]
fn patience_ends_when_no_block_comes() {
    let start = Instant::now();
    let mut patience = Patience { height: 0, since: start };
    let after = |share: u32| start + PATIENCE * share / 4;
    assert!(patience.lasts(Some(10), after(3)));
    assert!(patience.lasts(Some(10), after(6)));
    assert!(!patience.lasts(Some(10), after(7)));
    assert!(!patience.lasts(None, after(7)));
    assert!(patience.lasts(Some(11), after(8) + Duration::from_secs(1)));
}

#[test]
fn a_transaction_asks_for_more_than_it_took_and_no_more_than_it_may() {
    let budget = Budget::of(40_000, 1_000);
    assert_eq!(budget, Budget { units: 51_000, price: 1_000 });
    assert_eq!(budget.lamports(), 5_000 + 51);
    assert_eq!(Budget::of(u64::MAX, 0).units, 1_400_000);
}
