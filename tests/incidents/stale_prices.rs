//! Prices from another time.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::instruction;
use holdfast_testkit::chain::Pace;
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::venue::{feed_account, feed_id};

use crate::{HOUR_MS, OLD_EPOCH, YOUNG_EPOCH, halt, refuses};
use holdfast_tests::{PRICE, Stage};

/// Below maintenance, above the deep-insolvency line.
const SHALLOW: u64 = PRICE * 84 / 100;
/// Half of maintenance is gone.
const DEEP: u64 = PRICE * 81 / 100;

/// dYdX, October 2025: after eight hours without a block it resumed on the prices it had, and
/// liquidated at them. Here those count for nothing, nor do any published before the halt, and the
/// first true price acquits.
#[test]
fn nobody_is_liquidated_at_prices_from_before_a_halt() {
    let mut stage = Stage::open();
    stage.calm(5, SHALLOW);
    stage.flag().unwrap();
    stage.calm(5, DEEP);
    let before = stage.venue.cluster.now_ms();
    halt(&mut stage, 8 * HOUR_MS, OLD_EPOCH);
    assert!(stage.liquidate().is_err());
    let from_before = Published::new(DEEP, before);
    assert!(stage.venue.publish_one(0, from_before).is_err());
    assert!(stage.liquidate().is_err());
    stage.calm(10, PRICE);
    refuses(stage.flag(), HoldfastError::AccountSafe);
    stage.calm(1_500, PRICE);
    assert_ne!(stage.venue.account(&stage.trader.account).open_markets, 0);
}

/// marginfi: its breaker was asked only after the prices had been used. Here the first instruction
/// after a halt judges the chain itself, before anybody has observed it, so an order cannot get a
/// price from before, and neither does one that is refreshed in the same transaction.
#[test]
fn the_gate_comes_before_the_prices() {
    let mut stage = Stage::open();
    let exit = stage.exit();
    let number = stage.venue.place(&stage.trader, 0, exit).unwrap();
    stage.calm(5, PRICE * 110 / 100);
    let late = stage.venue.cluster.now_ms() + 1_000;
    halt(&mut stage, HOUR_MS, OLD_EPOCH);
    let account = stage.trader.account;
    refuses(stage.venue.execute(&account, number, &account), HoldfastError::NoPriceYet);
    let update = pyth_update(feed_id(0), Published::new(PRICE * 120 / 100, late), 1);
    post_pyth_update(&mut stage.venue.cluster, feed_account(0), &update);
    let (silo, market) = (stage.venue.silo, stage.venue.markets[0]);
    let both = [
        instruction::refresh_market(silo, market, &[feed_account(0)]),
        instruction::execute_order(silo, market, account, account, number, &[]),
    ];
    let found = stage.venue.cluster.send(&both, &[&stage.venue.admin]);
    assert!(found.is_err());
    stage.calm(5, PRICE);
    stage.venue.execute(&account, number, &account).unwrap();
    assert_eq!(stage.venue.account(&account).open_markets, 0);
}

/// percolator: a crank in the slot of the last one resolved a solvent market. Here nothing done
/// twice in a slot changes anything, and a flag cannot be acted on in its own.
#[test]
fn the_same_slot_changes_nothing() {
    let mut stage = Stage::open();
    stage.calm(5, DEEP);
    let (silo, market, admin) =
        (stage.venue.silo, stage.venue.markets[0], stage.venue.admin.insecure_clone());
    let bytes = |stage: &Stage| bytemuck::bytes_of(&stage.venue.market(0)).to_vec();
    let before = bytes(&stage);
    let crank = instruction::refresh_market(silo, market, &[feed_account(0)]);
    for _ in 0..5 {
        let _ = stage.venue.cluster.send(std::slice::from_ref(&crank), &[&admin]);
        let observe = instruction::observe(&[market]);
        refuses(stage.venue.cluster.send(&[observe], &[&admin]), HoldfastError::SampleTooSoon);
        assert_eq!(bytes(&stage), before);
    }
    let account = stage.trader.account;
    let both = [
        instruction::flag(account, &[market]),
        instruction::liquidate(silo, market, account, stage.keeper.account, &[]),
    ];
    refuses(stage.venue.cluster.send(&both, &[&admin]), HoldfastError::NoPriceYet);
    stage.flag().unwrap();
    refuses(stage.liquidate(), HoldfastError::NoPriceYet);
}

/// percolator: while it caught up after an outage, nobody could be liquidated. Here the cluster's
/// clock is hours behind, true prices lie in its future, and the deeply insolvent still go, after
/// their wait.
#[test]
fn liquidation_does_not_wait_for_the_clock_to_catch_up() {
    let mut stage = Stage::open();
    halt(&mut stage, 4 * HOUR_MS, YOUNG_EPOCH);
    for _ in 0..10 {
        stage.venue.cluster.run(2_000, Pace::HEALTHY);
        stage.venue.publish(&[DEEP]).unwrap();
    }
    stage.flag().unwrap();
    for _ in 0..14 {
        stage.venue.cluster.run(5_000, Pace::HEALTHY);
        stage.venue.publish(&[DEEP]).unwrap();
    }
    let chain = stage.venue.cluster.chain();
    assert!(chain.now_ms() - chain.clock_s() * 1_000 > 3 * HOUR_MS);
    stage.liquidate().unwrap();
}
