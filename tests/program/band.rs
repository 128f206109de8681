//! The band around the reference price, and positions whose market has no fresh price.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::Trader;

use crate::world::{BTC, CALM, SOL, World};

const SIZE: i64 = 20_000_000;
/// Below the band's lower edge, and below what twenty bought with 600 need.
const OUTLIER: u64 = 125_000_000;

fn narrow() -> World {
    World::with(|_, terms| terms.band_bps = 1_000)
}

fn flag(world: &World, trader: &Trader) -> Instruction {
    instruction::flag(trader.account, &world.markets_of(&trader.account, None))
}

fn liquidate(world: &World, trader: &Trader, keeper: &Trader) -> Instruction {
    let others = world.markets_of(&trader.account, Some(0));
    let (account, liquidator) = (trader.account, keeper.account);
    instruction::liquidate(world.silo, world.markets[0], account, liquidator, &others)
}

#[test]
pub(crate) fn an_outlier_liquidates_nobody_until_it_is_followed() {
    let mut world = narrow();
    let keeper = world.trader(0).unwrap();
    // Fails at the outlier but not at the band's edge; the other fails even there.
    let near = world.trader_with(600_000_000, &[(0, SIZE)]);
    let far = world.trader_with(420_000_000, &[(0, SIZE)]);
    world.pass_to(1_000, &[OUTLIER, BTC]);
    world.refuses(&flag(&world, &near), HoldfastError::AccountSafe);
    world.send(flag(&world, &far));
    world.pass_to(4_000, &[OUTLIER, BTC]);
    world.refuses(&liquidate(&world, &far, &keeper), HoldfastError::PriceOutsideBand);
    // One feed has to stay there for five minutes; every flag is set anew by then.
    for _ in 0..30 {
        world.pass_to(10_000, &[OUTLIER, BTC]);
    }
    world.send(flag(&world, &near));
    world.pass_to(4_000, &[OUTLIER, BTC]);
    world.send(liquidate(&world, &near, &keeper));
}

#[test]
fn after_a_minute_back_inside_the_band_the_wait_begins_again() {
    let mut world = narrow();
    let trader = world.trader_with(600_000_000, &[(0, SIZE)]);
    for _ in 0..29 {
        world.pass_to(10_000, &[OUTLIER, BTC]);
    }
    assert!(world.market(0).outside_ms > 0);
    for _ in 0..6 {
        world.pass_to(10_000, &CALM);
        assert!(world.market(0).outside_ms > 0, "one print inside is no return");
    }
    world.pass_to(10_000, &CALM);
    assert_eq!(world.market(0).outside_ms, 0);
    world.pass_to(30_000, &[OUTLIER, BTC]);
    world.refuses(&flag(&world, &trader), HoldfastError::AccountSafe);
}

#[test]
fn the_reference_moves_by_its_speed_and_not_over_a_halt() {
    let mut world = narrow();
    world.pass_to(10_000, &CALM);
    assert_eq!(world.market(0).reference_price, SOL);
    world.cluster.pass(30_000);
    world.publish_once(&[SOL * 2, BTC]).unwrap();
    // A hundredth in a minute, half of that in half a minute.
    assert_eq!(world.market(0).reference_price, SOL + SOL / 200);
    let before = world.market(0).reference_price;
    world.cluster.advance(7_200_000, 1, 1);
    world.observe().unwrap();
    world.publish_once(&[SOL * 2, BTC]).unwrap();
    assert_eq!(world.market(0).reference_price, before);
}

/// A position in a market without a fresh price beside one that has crashed: nothing waits for it.
#[test]
fn a_stale_position_blocks_neither_flag_nor_liquidation_nor_its_own_exit() {
    let mut world = World::new();
    let keeper = world.trader(0).unwrap();
    let trader = world.trader_with(600_000_000, &[(0, SIZE), (1, 100)]);
    let stale_since = world.market(1).newest_price();
    world.cluster.pass(40_000);
    let crash = |world: &mut World| {
        world.reprice(0, 115_000_000).unwrap();
    };
    crash(&mut world);
    world.send(flag(&world, &trader));
    world.cluster.pass(4_000);
    crash(&mut world);
    world.send(liquidate(&world, &trader, &keeper));
    assert_eq!(world.market(1).newest_price(), stale_since);
    let order = holdfast_testkit::venue::market_order(-100, world.cluster.now_ms());
    let number = world.place(&trader, 1, order).unwrap();
    let execute = |world: &mut World| world.execute(&trader.account, number, &keeper.account);
    assert!(execute(&mut world).unwrap_err().is(HoldfastError::NoPriceYet));
    world.pass_to(3_000, &[115_000_000, BTC]);
    execute(&mut world).unwrap();
}
