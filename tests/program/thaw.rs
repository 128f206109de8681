//! The pace of liquidations in a thaw.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::events::PositionLiquidated;
use holdfast_client::instruction;
use holdfast_risk::chain::health::State;
use holdfast_testkit::events;

use crate::world::{BTC, World};

/// Twenty bought with 600 are deeply insolvent here.
const CRASHED: [u64; 2] = [115_000_000, BTC];
const SIZE: i64 = 20_000_000;
/// A thousandth of the silo's liquidity a minute.
const PACE_BPS: u16 = 10;

#[test]
pub(crate) fn a_minute_closes_no_more_than_its_share() {
    let mut world = World::with(|_, terms| {
        terms.band_bps = 5_000;
        terms.thaw_pace_bps = PACE_BPS;
    });
    let keeper = world.trader(0).unwrap();
    let trader = world.trader_with(600_000_000, &[(0, SIZE)]);
    world.break_chain();
    world.observe().unwrap();
    while world.chain_health().monitor.state != State::Thaw as u8 {
        world.pass_to(10_000, &CRASHED);
    }
    world.send(instruction::flag(trader.account, &[world.markets[0]]));
    world.pass_to(4_000, &CRASHED);
    let liquidate =
        instruction::liquidate(world.silo, world.markets[0], trader.account, keeper.account, &[]);
    let (mut minutes, mut closed) = (0, 0);
    while world.account(&trader.account).open_markets != 0 {
        let admin = world.admin.insecure_clone();
        let budget = world.silo_state().ledger.liquidity * u64::from(PACE_BPS) / 10_000;
        let landed = world.cluster.send(std::slice::from_ref(&liquidate), &[&admin]).unwrap();
        let event: PositionLiquidated = events::find(&landed).unwrap();
        let notional = event.closed * CRASHED[0] / 1_000_000;
        let rest = event.position == 0;
        assert!(notional <= budget && (rest || notional > budget - 200), "{notional}");
        if !rest {
            world.refuses(&liquidate, HoldfastError::PaceExhausted);
        }
        (minutes, closed) = (minutes + 1, closed + event.closed);
        world.pass_to(60_000, &CRASHED);
    }
    assert_eq!((minutes, closed), (3, SIZE as u64));
}
