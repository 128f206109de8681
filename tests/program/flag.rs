//! `flag`.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::{Instruction, instruction, standing};
use holdfast_risk::Price;
use holdfast_testkit::Trader;

use crate::world::{BTC, CALM, World};

/// A price at which twenty bought with 600 fail maintenance without being deeply insolvent.
const CRASHED: u64 = 125_000_000;

fn crashed() -> (World, Trader) {
    let mut world = World::new();
    let trader = world.trader_with(600_000_000, &[(0, 20_000_000)]);
    world.pass_to(1_000, &[CRASHED, BTC]);
    (world, trader)
}

fn flag(world: &World, trader: &Trader) -> Instruction {
    instruction::flag(trader.account, &world.markets_of(&trader.account, None))
}

#[test]
fn a_flag_notes_the_time_and_what_is_missing() {
    let (mut world, trader) = crashed();
    let market = world.market(0);
    let before = world.account(&trader.account);
    let health = standing::health(&before, |_| Some(&market), |_| Price(CRASHED));
    let health = health.unwrap().unwrap();
    world.send(flag(&world, &trader));
    let after = world.account(&trader.account);
    assert_eq!(after.flagged_ms, world.cluster.now_ms() / 1_000 * 1_000);
    assert_eq!(after.shortfall, health.shortfall().0);
    assert!(after.shortfall > 0);
    assert_eq!(after.collateral, before.collateral);
}

#[test]
pub(crate) fn refusals() {
    let mut calm = World::new();
    let safe = calm.trader_with(600_000_000, &[(0, 20_000_000)]);
    calm.refuses(&flag(&calm, &safe), HoldfastError::AccountSafe);
    let empty = calm.trader(0).unwrap();
    calm.refuses(&flag(&calm, &empty), HoldfastError::AccountSafe);

    let (mut world, trader) = crashed();
    let [first, second] = [world.markets[0], world.markets[1]];
    let foreign = world.second.markets[0];
    for markets in
        [&[][..], &[second], &[foreign], &[first, second], &[first, first], &[world.silo]]
    {
        let wrong = instruction::flag(trader.account, markets);
        world.refuses(&wrong, HoldfastError::WrongMarket);
    }
    // Old prices alone say nothing against it.
    let mut late = world.fork();
    late.cluster.pass(31_000);
    late.refuses(&flag(&late, &trader), HoldfastError::AccountSafe);

    world.send(flag(&world, &trader));
    world.refuses(&flag(&world, &trader), HoldfastError::AlreadyFlagged);
    let flagged = world.account(&trader.account).flagged_ms;
    // After this long a price is sudden, and posted again a second later.
    world.pass_to(299_000, &[CRASHED, BTC]);
    world.refuses(&flag(&world, &trader), HoldfastError::AlreadyFlagged);
    // An old flag says nothing any more: it is set anew.
    world.pass_to(1_000, &[CRASHED, BTC]);
    world.send(flag(&world, &trader));
    assert_eq!(world.account(&trader.account).flagged_ms, flagged + 301_000);
}

#[test]
fn markets_come_in_rising_order() {
    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(0, 20_000_000), (1, 10_000)]);
    world.pass_to(1_000, &[100_000_000, CALM[1]]);
    let [first, second] = [world.markets[0], world.markets[1]];
    let turned = instruction::flag(trader.account, &[second, first]);
    world.refuses(&turned, HoldfastError::WrongMarket);
    world.send(instruction::flag(trader.account, &[first, second]));
}
