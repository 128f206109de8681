//! Prices that somebody chose, and prices that nobody believes.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::Trader;
use holdfast_testkit::feed::Published;
use holdfast_testkit::venue::market_order;
use solana_signer::Signer;

use crate::world::{BTC, CALM, SOL, World};

const SIZE: i64 = 10_000_000;
const MONEY: u64 = 3_000_000_000;

fn narrow() -> World {
    World::with(|_, terms| terms.band_bps = 1_000)
}

fn execute(world: &World, trader: &Trader, number: u64) -> Instruction {
    let (market, account) = (world.markets[0], trader.account);
    instruction::execute_order(world.silo, market, account, account, number, &[])
}

/// Whoever posts prices looks back, stores the best tick and the present one, and buys at the first.
#[test]
fn a_tick_that_is_stored_late_decides_nothing() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    let asked = market_order(SIZE, world.cluster.now_ms());
    let number = world.place(&trader, 0, asked).unwrap();
    world.cluster.pass(30_000);
    let now = world.cluster.now_ms();
    // The lowest of the last half minute, which was true.
    world.publish_one(0, Published::new(SOL * 99 / 100, now - 20_000)).unwrap();
    world.refuses(&execute(&world, &trader, number), HoldfastError::NoPriceYet);
    world.publish_one(0, Published::new(SOL, now)).unwrap();
    let executes = execute(&world, &trader, number);
    world.send(executes);
    let entry = world.account(&trader.account).positions[0].entry;
    assert!(entry >= 1_500_000_000, "at the present price or a worse one: {entry}");
}

/// Of two ticks that are both young enough the better one is no choice either.
#[test]
fn whoever_stores_two_ticks_gets_the_worse() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    let asked = market_order(SIZE, world.cluster.now_ms());
    let number = world.place(&trader, 0, asked).unwrap();
    world.cluster.pass(6_000);
    let now = world.cluster.now_ms();
    world.publish_one(0, Published::new(SOL * 99 / 100, now - 3_000)).unwrap();
    world.publish_one(0, Published::new(SOL, now)).unwrap();
    let executes = execute(&world, &trader, number);
    world.send(executes);
    assert!(world.account(&trader.account).positions[0].entry >= 1_500_000_000);
}

/// The most that an account with a position in the first market can withdraw now.
pub fn withdrawable(world: &World, trader: &Trader) -> u64 {
    let leaves = |amount| {
        let (owner, markets) = (trader.keypair.pubkey(), [world.markets[0]]);
        let (silo, account) = (world.silo, trader.account);
        instruction::withdraw(owner, silo, account, trader.wallet, amount, &markets)
    };
    let (mut least, mut most) = (0, MONEY);
    while most - least > 1 {
        let middle = least + (most - least) / 2;
        let payer = world.admin.pubkey();
        let can = world.cluster.simulate(&[leaves(middle)], &payer).is_ok();
        if can { least = middle } else { most = middle }
    }
    least
}

/// One print at five times the price: a resting sell at twice the price is not filled by it, nothing
/// is withdrawn against it, and nothing opens at it.
#[test]
fn one_false_print_benefits_nobody() {
    let mut world = narrow();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    let now = world.cluster.now_ms();
    let rests = OrderRequest {
        trigger: OrderTrigger::AtOrAbove { price: SOL * 2 },
        effect: OrderEffect::Reduce,
        ..market_order(-SIZE, now)
    };
    let resting = world.place(&trader, 0, rests).unwrap();
    let sell = OrderRequest { effect: OrderEffect::Reduce, ..market_order(-SIZE, now) };
    let selling = world.place(&trader, 0, sell).unwrap();
    let before = withdrawable(&world, &trader);
    world.pass_to(3_000, &[SOL * 5, BTC]);
    let trigger = instruction::trigger_order(trader.account, world.markets[0], resting);
    world.refuses(&trigger, HoldfastError::NoPriceYet);
    world.refuses(&execute(&world, &trader, selling), HoldfastError::NoPriceYet);
    assert!(withdrawable(&world, &trader) <= before, "nothing more can be withdrawn");
    let volatility = world.market(0).variance;
    world.pass_to(60_000, &[SOL * 5, BTC]);
    world.pass_to(1_000, &CALM);
    // A minute's bucket ended on the print: no more than the band's edge entered it.
    let edge = (SOL / 10) as u128 * 1_000_000 / u128::from(SOL);
    let most = u128::from(volatility) + edge * edge * 11 / 10;
    assert!(u128::from(world.market(0).variance) <= most, "{}", world.market(0).variance);
    let executes = execute(&world, &trader, selling);
    world.send(executes);
    assert!(world.account(&trader.account).pending_profit == 0);
}

/// An exit at a print against its owner takes the band's wait, or the owner's word; it never draws
/// insurance.
#[test]
fn insurance_pays_for_no_print_that_nobody_believes() {
    let mut world = narrow();
    let trader = world.trader_with(400_000_000, &[(0, SIZE)]);
    let now = world.cluster.now_ms();
    let exit = OrderRequest { effect: OrderEffect::Reduce, ..market_order(-SIZE, now) };
    let patient = world.place(&trader, 0, exit).unwrap();
    let urgent = world.place(&trader, 0, OrderRequest { any_price: true, ..exit }).unwrap();
    let insured = world.silo_state().ledger.insurance;
    // Half of the price would leave a debt: not even who takes any price gets it.
    let mut crashed = world.fork();
    crashed.pass_to(3_000, &[SOL / 2, BTC]);
    for number in [patient, urgent] {
        crashed.refuses(&execute(&crashed, &trader, number), HoldfastError::NoPriceYet);
    }
    assert_eq!(crashed.silo_state().ledger.insurance, insured);
    // A fifth off leaves none.
    world.pass_to(3_000, &[SOL * 80 / 100, BTC]);
    world.refuses(&execute(&world, &trader, patient), HoldfastError::NoPriceYet);
    let executes = execute(&world, &trader, urgent);
    world.send(executes);
    let state = world.account(&trader.account);
    assert_eq!((state.open_markets, state.debt), (0, 0));
}

/// A slow reference is no price to be paid at: open at the new price, wait for the feed's end.
#[test]
fn a_settlement_lies_within_the_last_prices_believed() {
    let mut world = World::new();
    for _ in 0..12 {
        world.pass_to(20_000, &[SOL * 60 / 100, BTC]);
    }
    let lagging = world.market(0).reference_price;
    assert!(lagging > SOL * 90 / 100, "the reference follows slowly: {lagging}");
    let day = 86_400_000;
    for _ in 0..2 {
        world.watch(day + 600_000).unwrap();
        if world.market(0).settles_ms == 0 {
            world.send(instruction::announce_settlement(world.markets[0]));
        }
    }
    assert!(world.market(0).settles_ms + day > 0);
    world.send(instruction::settle_market(world.markets[0]));
    assert_eq!(world.market(0).settlement_price, SOL * 60 / 100);
}

/// The longer a market has no price, the less a position in it is worth to who wants to take out.
#[test]
fn what_a_stale_position_counts_for_falls_with_time() {
    let mut world = narrow();
    let trader = world.trader_with(MONEY, &[(0, 4 * SIZE)]);
    falls_with_time(world, &trader);
    // A price at the edge of a wide band may fall as far as any other.
    let mut world = World::new();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    world.pass_to(1_000, &[SOL * 55 / 100, BTC]);
    falls_with_time(world, &trader);
}

fn falls_with_time(mut world: World, trader: &Trader) {
    let leaves = |world: &World, amount| {
        let owner = trader.keypair.pubkey();
        let (silo, account, markets) = (world.silo, trader.account, [world.markets[0]]);
        let withdraw = instruction::withdraw(owner, silo, account, trader.wallet, amount, &markets);
        world.cluster.simulate(&[withdraw], &world.admin.pubkey()).is_ok()
    };
    let free = |world: &World| {
        let (mut least, mut most) = (0, MONEY);
        while most - least > 1 {
            let middle = least + (most - least) / 2;
            if leaves(world, middle) { least = middle } else { most = middle }
        }
        least
    };
    let mut last = free(&world);
    for hours in [1_u64, 48, 192] {
        world.watch(hours * 3_600_000).unwrap();
        let now = free(&world);
        assert!(now < last, "after {hours} more hours: {now} of {last}");
        last = now;
    }
}
