//! Liquidations that somebody wants to hold up.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::Trader;
use holdfast_testkit::feed::Published;

use crate::world::{BTC, SOL, World};

/// Twenty bought with 600 fail at this price.
const CRASHED: u64 = 125_000_000;
const SIZE: i64 = 20_000_000;

fn flag(world: &World, trader: &Trader) -> Instruction {
    instruction::flag(trader.account, &world.markets_of(&trader.account, None))
}

fn liquidate(world: &World, market: u8, trader: &Trader, keeper: &Trader) -> Instruction {
    let others = world.markets_of(&trader.account, Some(market));
    let address = world.markets[usize::from(market)];
    instruction::liquidate(world.silo, address, trader.account, keeper.account, &others)
}

/// Somebody who fails and has just been flagged, and who liquidates.
fn flagged() -> (World, Trader, Trader) {
    let mut world = World::new();
    let keeper = world.trader(0).unwrap();
    let trader = world.trader_with(600_000_000, &[(0, SIZE)]);
    world.pass_to(1_000, &[CRASHED, BTC]);
    let flags = flag(&world, &trader);
    world.send(flags);
    (world, trader, keeper)
}

/// A flag that was set when the account failed and whose first price was harmless shields nobody.
#[test]
fn a_standing_flag_is_no_shield() {
    let (mut world, trader, keeper) = flagged();
    // The first price after the delay is safe.
    world.pass_to(4_000, &[SOL, BTC]);
    world.refuses(&liquidate(&world, 0, &trader, &keeper), HoldfastError::AccountSafe);
    // Two and a half minutes later it crashes: the flag stands, and so may anybody act on it.
    world.pass_to(150_000, &[CRASHED, BTC]);
    let liquidates = liquidate(&world, 0, &trader, &keeper);
    world.send(liquidates);
}

/// The first price after a silence closes nobody: the better of it and the one before would be a price from
/// before the silence, and liquidity would pay the difference.
#[test]
fn nobody_is_closed_at_a_price_from_before_a_silence() {
    let (mut world, trader, keeper) = flagged();
    world.watch(120_000).unwrap();
    let lower = CRASHED * 98 / 100;
    let now = world.cluster.now_ms();
    world.publish_one(0, Published::new(lower, now)).unwrap();
    world.refuses(&liquidate(&world, 0, &trader, &keeper), HoldfastError::NoPriceYet);
    world.cluster.pass(1_000);
    let now = world.cluster.now_ms();
    world.publish_one(0, Published::new(lower, now)).unwrap();
    let liquidates = liquidate(&world, 0, &trader, &keeper);
    world.send(liquidates);
}

/// After a flag has run out, the delay and one price are all that a new one takes.
#[test]
fn who_fails_is_liquidated_within_the_delay_and_two_prices() {
    for pause in [1_000, 200_000, 299_000, 301_000] {
        let (mut world, trader, keeper) = flagged();
        world.watch(pause).unwrap();
        world.publish(&[SOL, BTC]).unwrap();
        world.pass_to(1_000, &[CRASHED, BTC]);
        // While the flag stands it can be acted on at once; else a new one and one more price do.
        let payer = solana_signer::Signer::pubkey(&world.admin);
        let now = liquidate(&world, 0, &trader, &keeper);
        if world.cluster.simulate(&[now], &payer).is_err() {
            let again = flag(&world, &trader);
            if world.cluster.simulate(std::slice::from_ref(&again), &payer).is_ok() {
                world.send(again);
            }
            world.pass_to(4_000, &[CRASHED, BTC]);
        }
        let liquidates = liquidate(&world, 0, &trader, &keeper);
        world.send(liquidates);
    }
}

/// Two equal legs that fall together: neither keeps the other from being closed.
#[test]
fn equal_legs_do_not_wait_for_each_other() {
    let mut world = World::new();
    let keeper = world.trader(0).unwrap();
    // Fifteen hundred in each.
    let trader = world.trader_with(600_000_000, &[(0, 10_000_000), (1, 15_000)]);
    world.pass_to(1_000, &[SOL * 83 / 100, BTC * 83 / 100]);
    let flags = flag(&world, &trader);
    world.send(flags);
    world.pass_to(4_000, &[SOL * 82 / 100, BTC * 80 / 100]);
    let payer = solana_signer::Signer::pubkey(&world.admin);
    let can = |market| {
        let liquidates = liquidate(&world, market, &trader, &keeper);
        world.cluster.simulate(&[liquidates], &payer).is_ok()
    };
    assert!(can(0) != can(1), "the larger one, and it can");
}

/// A large leg without a price does not hold up a small one that has one.
#[test]
fn a_leg_that_cannot_be_closed_holds_up_no_other() {
    let mut world = World::new();
    let keeper = world.trader(0).unwrap();
    let trader = world.trader_with(620_000_000, &[(0, SIZE), (1, 20_000)]);
    world.cluster.pass(40_000);
    let crash = |world: &mut World| {
        world.reprice(0, 76_000_000).unwrap();
    };
    crash(&mut world);
    let flags = flag(&world, &trader);
    world.send(flags);
    world.cluster.pass(4_000);
    crash(&mut world);
    // The stale leg is worth more than the other and cannot be closed.
    world.refuses(&liquidate(&world, 1, &trader, &keeper), HoldfastError::NoPriceYet);
    let liquidates = liquidate(&world, 0, &trader, &keeper);
    world.send(liquidates);
}

/// The reward rises from when a liquidation was possible, not while it had to wait.
#[test]
fn a_flag_that_waits_earns_its_liquidator_nothing() {
    let rewards = [4_000, 24_000].map(|first_price| {
        let (mut world, trader, keeper) = flagged();
        world.pass_to(first_price, &[CRASHED, BTC]);
        let liquidates = liquidate(&world, 0, &trader, &keeper);
        world.send(liquidates);
        world.account(&keeper.account).collateral
    });
    assert!(rewards[1] > rewards[0], "{rewards:?}: waiting for somebody to act is paid");
}

/// A leg whose price is long unknown carries no other: it counts in its owner's favour for no more than
/// the maintenance margin it asks for.
#[test]
fn a_leg_without_a_price_shields_no_other() {
    let mut world = World::with(|_, terms| terms.band_bps = 1_500);
    let keeper = world.trader(0).unwrap();
    // Fifteen hundred in each.
    let trader = world.trader_with(360_000_000, &[(0, 10_000_000), (1, 15_000)]);
    let mut fallen = SOL;
    for _ in 0..18 {
        world.watch(60_000).unwrap();
        fallen -= SOL / 100;
        world.reprice(0, fallen).unwrap();
    }
    let flags = flag(&world, &trader);
    world.send(flags);
    world.cluster.pass(4_000);
    world.reprice(0, fallen).unwrap();
    let liquidates = liquidate(&world, 0, &trader, &keeper);
    world.send(liquidates);
    let account = world.account(&trader.account);
    assert_eq!((account.debt, account.positions[1].size), (0, 15_000), "nobody lost by it");
}

/// A trifle in a market with a long delay does not lend it to the other legs.
#[test]
fn each_leg_waits_for_its_own_market() {
    let mut world = World::new();
    let keeper = world.trader(0).unwrap();
    let trader = world.trader_with(600_000_000, &[(0, SIZE), (1, 1_000)]);
    let mut slow = world.market(1);
    slow.terms.flag_delay_ms = 30_000;
    world.put_market(1, &slow);
    world.pass_to(1_000, &[CRASHED, BTC]);
    let flags = flag(&world, &trader);
    world.send(flags);
    world.pass_to(4_000, &[CRASHED, BTC]);
    world.refuses(&liquidate(&world, 1, &trader, &keeper), HoldfastError::NoPriceYet);
    let liquidates = liquidate(&world, 0, &trader, &keeper);
    world.send(liquidates);
}
