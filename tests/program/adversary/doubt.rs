//! Prices that nobody believes, where something follows from them all the same: in a crash, before a
//! silence, for who takes any price, and for what is reserved.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::Trader;
use holdfast_testkit::venue::market_order;

use super::owner;
use crate::world::{BTC, SOL, World};

const SIZE: i64 = 10_000_000;
const MONEY: u64 = 3_000_000_000;
/// A fifth off, outside a band of a tenth.
const CRASHED: u64 = SOL * 80 / 100;

fn narrow() -> World {
    World::with(|_, terms| terms.band_bps = 1_000)
}

fn execute(world: &World, trader: &Trader, number: u64) -> Instruction {
    let (market, account) = (world.markets[0], trader.account);
    instruction::execute_order(world.silo, market, account, account, number, &[])
}

fn exit(world: &World) -> OrderRequest {
    OrderRequest { effect: OrderEffect::Reduce, ..market_order(-SIZE, world.cluster.now_ms()) }
}

/// The price has fallen and stayed there until the band yielded: true prices are believed, and a single
/// print at five times the price still is not.
#[test]
fn one_false_print_benefits_nobody_in_a_crash_either() {
    let mut world = narrow();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    for _ in 0..17 {
        world.pass_to(20_000, &[CRASHED, BTC]);
    }
    assert!(world.market(0).newest_stored().believed, "it was followed");
    let far = SOL * 2;
    let level = OrderTrigger::AtOrAbove { price: far };
    let rests = OrderRequest { trigger: level, ..exit(&world) };
    let resting = world.place(&trader, 0, rests).unwrap();
    let sells = exit(&world);
    let selling = world.place(&trader, 0, sells).unwrap();
    world.pass_to(3_000, &[CRASHED * 5, BTC]);
    world.refuses(&execute(&world, &trader, selling), HoldfastError::NoPriceYet);
    let trigger = instruction::trigger_order(trader.account, world.markets[0], resting);
    world.refuses(&trigger, HoldfastError::NoPriceYet);
    // Nor is the next print of that kind, though it bears the first one out.
    world.pass_to(2_000, &[CRASHED * 5, BTC]);
    world.refuses(&execute(&world, &trader, selling), HoldfastError::NoPriceYet);
    // What is true goes on being believed.
    world.pass_to(2_000, &[CRASHED, BTC]);
    let executes = execute(&world, &trader, selling);
    world.send(executes);
}

/// An exit waits while nobody believes the price, for more prices than a market remembers, and gets the
/// first that is believed: it is delayed and not forfeited.
#[test]
fn an_exit_outlasts_prices_that_nobody_believes() {
    let mut world = narrow();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    let sells = exit(&world);
    let selling = world.place(&trader, 0, sells).unwrap();
    for _ in 0..60 {
        world.pass_to(5_000, &[CRASHED, BTC]);
        if world.market(0).newest_stored().believed {
            break;
        }
        world.refuses(&execute(&world, &trader, selling), HoldfastError::NoPriceYet);
    }
    world.pass_to(5_000, &[CRASHED, BTC]);
    let executes = execute(&world, &trader, selling);
    world.send(executes);
    assert_eq!(world.account(&trader.account).open_markets, 0);
}

/// Who takes any price says so beforehand and does not look for the best of them: it is the worst since
/// the first, for ten seconds, in which the order is not taken back.
#[test]
fn who_takes_any_price_does_not_choose_among_them() {
    let mut world = narrow();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    let urgent = OrderRequest { any_price: true, ..exit(&world) };
    let number = world.place(&trader, 0, urgent).unwrap();
    let realised = |mut world: World| {
        let collateral = world.account(&trader.account).collateral;
        let executes = execute(&world, &trader, number);
        world.send(executes);
        collateral - world.account(&trader.account).collateral
    };
    world.pass_to(3_000, &[CRASHED, BTC]);
    let (account, market) = (trader.account, world.markets[0]);
    let cancel = instruction::cancel_order(owner(&trader), account, market, number);
    world.refuses(&cancel, HoldfastError::PriceKnown);
    let at_once = realised(world.fork());
    // A better print follows a worse one: whoever waited for it gets the worse.
    world.pass_to(2_000, &[SOL * 75 / 100, BTC]);
    let worse = realised(world.fork());
    world.pass_to(2_000, &[SOL * 85 / 100, BTC]);
    let waited = realised(world.fork());
    assert!(at_once < worse && worse == waited, "{at_once} {worse} {waited}");
    // Ten seconds after the first the order waits for a price that is believed, and may go.
    world.pass_to(7_000, &[SOL * 85 / 100, BTC]);
    world.refuses(&execute(&world, &trader, number), HoldfastError::NoPriceYet);
    world.cluster.pass(10_000);
    world.send(cancel);
}

/// A false print, then silence: what nobody believed does not hold up the liquidation of the account's
/// other positions.
#[test]
fn a_print_before_a_silence_is_no_shield() {
    let mut world = narrow();
    let trader = world.trader_with(MONEY / 2, &[(0, 2_000_000), (1, 60_000)]);
    let mut wide = world.market(1);
    wide.terms.band_bps = 5_000;
    world.put_market(1, &wide);
    world.pass_to(1_000, &[SOL * 20, BTC]);
    let flag = instruction::flag(trader.account, &world.markets_of(&trader.account, None));
    for (fallen, fails) in [(BTC * 90 / 100, false), (BTC * 78 / 100, true)] {
        world.cluster.pass(40_000);
        world.reprice(1, fallen).unwrap();
        if fails {
            world.send(flag.clone());
        } else {
            world.refuses(&flag, HoldfastError::AccountSafe);
        }
    }
}

/// Initial margin is reserved at what an order may come to, not at a print that nobody believes nor at
/// a price that it does not wait for.
#[test]
fn no_print_lowers_what_an_opening_reserves() {
    let mut world = narrow();
    let trader = world.trader(MONEY).unwrap();
    let opens = |world: &World, trigger| OrderRequest {
        trigger,
        ..market_order(-SIZE, world.cluster.now_ms())
    };
    let reserved = |world: &World| world.account(&trader.account).reserved_margin;
    let request = opens(&world, OrderTrigger::Immediate);
    world.place(&trader, 0, request).unwrap();
    let calm = reserved(&world);
    // An order that waits for twice the price reserves twice as much.
    let request = opens(&world, OrderTrigger::AtOrAbove { price: SOL * 2 });
    world.place(&trader, 0, request).unwrap();
    assert!(reserved(&world) >= 3 * calm - 2, "{} {calm}", reserved(&world));
    let before = reserved(&world);
    world.pass_to(1_000, &[SOL / 100, BTC]);
    let request = opens(&world, OrderTrigger::Immediate);
    world.place(&trader, 0, request).unwrap();
    assert!(reserved(&world) - before >= calm, "{} {calm}", reserved(&world) - before);
}

/// Prices fall out of the band until the market remembers none that was believed, and the feed ends:
/// it is settled at the last one that was, not at a reference that lags behind.
#[test]
fn who_fills_what_a_market_remembers_does_not_choose_its_settlement() {
    let mut world = World::with(|_, terms| terms.band_bps = 3_000);
    for _ in 0..3 {
        world.pass_to(20_000, &[SOL * 75 / 100, BTC]);
    }
    assert!(world.market(0).newest_stored().believed);
    for _ in 0..33 {
        world.pass_to(2_000, &[SOL / 2, BTC]);
    }
    assert!(world.market(0).recent_prices().all(|stored| !stored.believed));
    let lagging = world.market(0).reference_price;
    assert!(lagging > SOL * 95 / 100, "the reference follows slowly: {lagging}");
    for _ in 0..2 {
        world.watch(87_000_000).unwrap();
        if world.market(0).settles_ms == 0 {
            world.send(instruction::announce_settlement(world.markets[0]));
        }
    }
    world.send(instruction::settle_market(world.markets[0]));
    assert_eq!(world.market(0).settlement_price, SOL * 75 / 100);
}
