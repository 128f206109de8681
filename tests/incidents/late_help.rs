//! Margin that was on its way.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::instruction;
use holdfast_risk::chain::health::State;
use holdfast_testkit::Failure;
use holdfast_testkit::chain::Pace;
use solana_signer::Signer;

use crate::{HOUR_MS, OLD_EPOCH, halt, refuses};
use holdfast_tests::{PRICE, Stage};

/// Below maintenance, above the deep-insolvency line.
const SHALLOW: u64 = PRICE * 84 / 100;
/// Half of maintenance is gone.
const DEEP: u64 = PRICE * 81 / 100;
const HELP: u64 = 1_000_000_000;

fn help(stage: &mut Stage) -> Result<(), Failure> {
    let (payer, wallet) = stage.venue.person(HELP);
    let (silo, account) = (stage.venue.silo, stage.trader.account);
    let deposit = instruction::deposit(payer.pubkey(), wallet, silo, account, HELP);
    stage.venue.cluster.send(&[deposit], &[&payer]).map(|_| ())
}

/// Mango: a deposit landed seventeen seconds after the liquidation it was meant to prevent. Here
/// bots have the first seventeen seconds after a halt for themselves, with fresh prices, and get
/// nothing, however deep the account is under.
#[test]
fn help_that_lands_seventeen_seconds_late_is_in_time() {
    let mut stage = Stage::open();
    halt(&mut stage, 60_000, OLD_EPOCH);
    stage.venue.publish(&[DEEP]).unwrap();
    stage.flag().unwrap();
    for _ in 0..17 {
        stage.venue.cluster.run(1_000, Pace::HEALTHY);
        stage.venue.publish(&[DEEP]).unwrap();
        assert!(stage.liquidate().is_err());
    }
    help(&mut stage).unwrap();
    refuses(stage.liquidate(), HoldfastError::NotFlagged);
    stage.calm(1_200, DEEP);
    assert_eq!(stage.state(), State::Normal);
    refuses(stage.flag(), HoldfastError::AccountSafe);
}

/// January 2022: for hours users could not add margin while bots went on liquidating, with feeds
/// that had stopped. Here margin can be added at any time, and nobody is liquidated without a price.
#[test]
fn without_prices_margin_is_added_and_nobody_is_liquidated() {
    let mut stage = Stage::open();
    stage.venue.cluster.vote_time(OLD_EPOCH);
    stage.calm(5, SHALLOW);
    stage.flag().unwrap();
    for _ in 0..60 {
        // Congestion: one slot in three takes long, and no price lands.
        stage.venue.cluster.run(30_000, Pace { slot_ms: 800, failing_percent: 30 });
        stage.venue.observe().unwrap();
        assert!(stage.liquidate().is_err());
    }
    help(&mut stage).unwrap();
    stage.calm(1_500, SHALLOW);
    assert_eq!(stage.state(), State::Normal);
    refuses(stage.liquidate(), HoldfastError::NotFlagged);
}

/// klend: its emergency mode also blocked repaying. Here margin lands in the first block after a
/// restart, and takes the flag away.
#[test]
fn an_emergency_does_not_stop_help() {
    let mut stage = Stage::open();
    stage.calm(5, SHALLOW);
    stage.flag().unwrap();
    stage.venue.cluster.vote_time(OLD_EPOCH);
    stage.venue.cluster.stall(HOUR_MS);
    stage.venue.cluster.restart();
    stage.venue.cluster.run(400, Pace::HEALTHY);
    help(&mut stage).unwrap();
    assert_eq!(stage.venue.account(&stage.trader.account).flagged_ms, 0);
}
