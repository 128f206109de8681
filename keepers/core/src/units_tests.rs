use holdfast_client::{instruction, pyth};

use super::{compute_units, measured};
use crate::world::key;

#[test]
fn what_is_asked_follows_what_was_measured() {
    let markets: Vec<_> = (1..=16).map(key).collect();
    let flag = |count: usize| measured(&instruction::flag(key(50), &markets[..count]));
    assert!(flag(1) < flag(2) && flag(2) == flag(4) && flag(4) < flag(5) && flag(5) == flag(16));
    assert!((5_000..8_000).contains(&flag(1)), "{}", flag(1));
    let liquidate = instruction::liquidate(key(1), key(2), key(3), key(4), &[]);
    let execute = instruction::execute_order(key(1), key(2), key(3), key(4), 5, &[]);
    let mature = instruction::mature_profit(key(1), key(2), key(3));
    let cancel = instruction::cancel_order(key(1), key(2), key(3), 4);
    let refresh = instruction::refresh_market(key(1), key(2), &[key(3)]);
    let pool = instruction::execute_pool_request(key(1), key(2), key(3), key(4), false, &markets);
    let observe = instruction::observe(&markets);
    let deposit = instruction::deposit(key(1), key(2), key(3), key(4), 5);
    for known in [liquidate, execute, mature, cancel, refresh, pool, observe, deposit] {
        assert!(measured(&known) < 45_000, "{known:?}");
    }
    assert_eq!(measured(&instruction::reconcile_vaults(key(1))), 200_000);
}

#[test]
fn a_transaction_asks_for_what_each_of_its_instructions_does() {
    let flag = instruction::flag(key(1), &[key(2)]);
    let close = pyth::close(key(1), &[2; 32]);
    assert_eq!(compute_units(&[]), 0);
    let (one, other) = (measured(&flag), 30_000);
    assert_eq!(compute_units(&[flag.clone(), close, flag]), 2 * one + other);
}
