//! One false print where true prices have moved, paused or left the band: in a crash that is not followed
//! yet, in one that is, and after a silence.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest};
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::Trader;
use holdfast_testkit::feed::Published;
use holdfast_testkit::venue::market_order;

use super::prices::withdrawable;
use crate::world::{BTC, SOL, World};

const SIZE: i64 = 10_000_000;
const MONEY: u64 = 3_000_000_000;
/// The last price that is believed, the true one in the crash, and one that no other bears out.
const EDGE: u64 = SOL * 86 / 100;
const TRUTH: u64 = SOL * 60 / 100;
const OUTSIDE: u64 = SOL * 83 / 100;
/// What is true after a silence.
const TRUTH_AFTER: u64 = SOL * 93 / 100;

fn world() -> World {
    World::with(|_, terms| terms.band_bps = 1_500)
}

/// The first market posts a price, once.
fn post(world: &mut World, price: u64) {
    let published = Published::new(price, world.cluster.now_ms());
    world.publish_one(0, published).unwrap();
}

/// The price falls to the edge of the band, and on, where nobody believes it yet.
fn crash(world: &mut World) {
    world.pass_to(2_000, &[EDGE, BTC]);
    assert!(world.market(0).newest_stored().believed);
    for _ in 0..3 {
        world.pass_to(2_000, &[TRUTH, BTC]);
    }
    assert!(!world.market(0).newest_stored().believed);
}

fn exit(world: &World) -> OrderRequest {
    let order = market_order(-SIZE, world.cluster.now_ms());
    OrderRequest { effect: OrderEffect::Reduce, fee: 0, ..order }
}

fn execute(world: &World, trader: &Trader, number: u64) -> Instruction {
    let (market, account) = (world.markets[0], trader.account);
    instruction::execute_order(world.silo, market, account, account, number, &[])
}

/// A print at the price before the crash is believed, because it lies inside the band, and decides
/// nothing.
#[test]
fn a_print_at_the_price_before_a_crash_decides_nothing() {
    let mut world = world();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    crash(&mut world);
    let sells = exit(&world);
    let number = world.place(&trader, 0, sells).unwrap();
    world.cluster.pass(3_000);
    post(&mut world, EDGE);
    assert!(world.market(0).newest_stored().believed);
    world.refuses(&execute(&world, &trader, number), HoldfastError::NoPriceYet);
    world.pass_to(2_000, &[TRUTH, BTC]);
    world.refuses(&execute(&world, &trader, number), HoldfastError::NoPriceYet);
}

/// Nor does one outside the band, for whoever takes any price.
#[test]
fn whoever_takes_any_price_gets_no_print() {
    let mut world = world();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    crash(&mut world);
    let urgent = OrderRequest { any_price: true, ..exit(&world) };
    let number = world.place(&trader, 0, urgent).unwrap();
    let mut honest = world.fork();
    honest.pass_to(3_000, &[TRUTH, BTC]);
    honest.send(execute(&honest, &trader, number));
    world.cluster.pass(3_000);
    post(&mut world, OUTSIDE);
    world.refuses(&execute(&world, &trader, number), HoldfastError::NoPriceYet);
    world.pass_to(1_000, &[TRUTH, BTC]);
    let executes = execute(&world, &trader, number);
    world.send(executes);
    let collateral = |world: &World| world.account(&trader.account).collateral;
    assert!(collateral(&world) <= collateral(&honest), "what the true price gave, or less");
}

#[test]
fn nobody_withdraws_at_a_print_in_a_crash() {
    let mut world = world();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    crash(&mut world);
    let fair = withdrawable(&world, &trader);
    for print in [OUTSIDE, EDGE] {
        let mut world = world.fork();
        world.cluster.pass(1_000);
        post(&mut world, print);
        assert!(withdrawable(&world, &trader) <= fair, "at {print}");
    }
}

/// The first price after a silence is as likely the print as the truth: it decides with the next.
#[test]
fn a_print_after_a_silence_decides_nothing() {
    for print in [SOL * 1_002 / 1_000, SOL * 107 / 100] {
        let mut world = world();
        let trader = world.trader_with(MONEY, &[(0, SIZE)]);
        world.watch(600_000).unwrap();
        let sells = exit(&world);
        let number = world.place(&trader, 0, sells).unwrap();
        world.cluster.pass(3_000);
        let mut honest = world.fork();
        honest.pass_to(1_000, &[TRUTH_AFTER, BTC]);
        post(&mut world, print);
        world.refuses(&execute(&world, &trader, number), HoldfastError::NoPriceYet);
        assert!(withdrawable(&world, &trader) <= withdrawable(&honest, &trader), "at {print}");
        world.pass_to(2_000, &[TRUTH_AFTER, BTC]);
        let executes = execute(&world, &trader, number);
        world.send(executes);
        let lost = MONEY - world.account(&trader.account).collateral;
        assert!(lost >= SIZE as u64 * (SOL * 7 / 100) / 1_000_000, "at the true price or a worse");
    }
}

/// Where the band has yielded to a crash, a print inside the band does not make it wait anew: whoever
/// fails is liquidated within two prices.
#[test]
fn a_print_inside_the_band_shields_nobody_from_a_crash() {
    let mut world = world();
    let trader = world.trader_with(640_000_000, &[(0, SIZE)]);
    let keeper = world.trader(0).unwrap();
    for _ in 0..32 {
        world.pass_to(10_000, &[TRUTH, BTC]);
    }
    assert!(world.market(0).newest_stored().believed, "it was followed");
    world.cluster.pass(2_000);
    post(&mut world, SOL * 95 / 100);
    world.pass_to(2_000, &[TRUTH, BTC]);
    let flag = instruction::flag(trader.account, &[world.markets[0]]);
    world.send(flag);
    world.pass_to(4_000, &[TRUTH, BTC]);
    let (market, account) = (world.markets[0], trader.account);
    let liquidate = instruction::liquidate(world.silo, market, account, keeper.account, &[]);
    world.send(liquidate);
}

/// What a trader cannot pay of a print, others do not pay either: the exit waits, and lapses.
#[test]
fn insurance_pays_for_no_print_inside_the_band() {
    let mut world = world();
    let trader = world.trader_with(190_000_000, &[(0, SIZE)]);
    world.pass_to(2_000, &[SOL * 96 / 100, BTC]);
    let sells = exit(&world);
    let number = world.place(&trader, 0, sells).unwrap();
    let before = world.silo_state().ledger;
    world.cluster.pass(3_000);
    post(&mut world, SOL * 86 / 100);
    world.refuses(&execute(&world, &trader, number), HoldfastError::NoPriceYet);
    // The print is the worst since, but not what the market is worth.
    world.pass_to(2_000, &[SOL * 96 / 100, BTC]);
    world.refuses(&execute(&world, &trader, number), HoldfastError::NoPriceYet);
    // Nor is one that comes after a price that decided.
    world.pass_to(11_000, &[SOL * 96 / 100, BTC]);
    let again = exit(&world);
    let number = world.place(&trader, 0, again).unwrap();
    world.pass_to(3_000, &[SOL * 96 / 100, BTC]);
    let mut at_once = world.fork();
    world.cluster.pass(1_000);
    post(&mut world, SOL * 86 / 100);
    world.refuses(&execute(&world, &trader, number), HoldfastError::NoPriceYet);
    assert_eq!(world.silo_state().ledger.insurance, before.insurance);
    let executes = execute(&at_once, &trader, number);
    at_once.send(executes);
}

/// A print as a minute's bucket of volatility ends moves nothing, inside the band and outside.
#[test]
fn a_print_is_not_measured() {
    let variance = |print: u64, at: u64| {
        let mut world = world();
        for second in 0..130 {
            world.cluster.pass(1_000);
            post(&mut world, if second == at { print } else { SOL });
        }
        world.market(0).variance
    };
    let calm = variance(SOL, 0);
    for at in 40..62 {
        for print in [SOL * 114 / 100, SOL * 5] {
            assert_eq!(variance(print, at), calm, "{print} after {at} s");
        }
    }
}
