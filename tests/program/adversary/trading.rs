//! Trading on prices that are known: orders whose owner decides late whether they can execute.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::Trader;
use holdfast_testkit::venue::market_order;
use solana_signer::Signer;

use crate::world::{BTC, CALM, SOL, World};

const SIZE: i64 = 10_000_000;
const MONEY: u64 = 3_000_000_000;

fn execute(world: &World, trader: &Trader, number: u64) -> Instruction {
    let (market, account) = (world.markets[0], trader.account);
    instruction::execute_order(world.silo, market, account, account, number, &[])
}

/// An account without collateral lines up buys and sells that cannot execute, watches prices pass,
/// and takes the pair that gained, in one transaction that brings the collateral too.
#[test]
fn without_collateral_nothing_waits_for_prices_to_be_known() {
    let mut world = World::new();
    let trader = world.trader(0).unwrap();
    let now = world.cluster.now_ms();
    let triggers = [
        OrderTrigger::Immediate,
        OrderTrigger::AtOrBelow { price: SOL },
        OrderTrigger::AtOrAbove { price: SOL },
    ];
    for trigger in triggers {
        for delta in [SIZE, -SIZE] {
            let opens = OrderRequest { trigger, ..market_order(delta, now) };
            let refused = world.place(&trader, 0, opens).unwrap_err();
            assert!(refused.is(HoldfastError::BelowInitialMargin));
        }
    }
}

/// Sells that only reduce need no collateral and may wait without a position. None of them gets a
/// price published before there was one.
#[test]
fn a_reduction_gets_no_price_from_before_its_position() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    let now = world.cluster.now_ms();
    let sell = OrderRequest { effect: OrderEffect::Reduce, ..market_order(-SIZE, now) };
    let sells = world.place(&trader, 0, sell).unwrap();
    // High prices pass by, low ones follow, and the buy executes at a low one.
    world.pass_to(3_000, &[SOL * 102 / 100, BTC]);
    world.pass_to(2_000, &CALM);
    let asked = market_order(SIZE, world.cluster.now_ms());
    let buys = world.place(&trader, 0, asked).unwrap();
    world.pass_to(3_000, &CALM);
    let both = [execute(&world, &trader, buys), execute(&world, &trader, sells)];
    let owner = trader.keypair.insecure_clone();
    let failed = world.cluster.send(&both, &[&owner]).unwrap_err();
    assert!(failed.is(HoldfastError::NoPriceYet), "{}", failed.message);
    world.send(both[0].clone());
    // Two seconds after it was opened a price may decide the sell, and not before.
    world.cluster.pass(1_000);
    world.publish_once(&[SOL * 102 / 100, BTC]).unwrap();
    world.refuses(&both[1], HoldfastError::NoPriceYet);
    world.pass_to(2_000, &CALM);
    world.send(both[1].clone());
    assert!(world.account(&trader.account).pending_profit == 0, "nothing was gained");
}

/// A sell of all but dust waits; a second order makes it possible after the price has fallen.
#[test]
fn a_second_order_does_not_bring_an_old_price_back() {
    let mut world = World::new();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    world.pass_to(3_000, &CALM);
    let now = world.cluster.now_ms();
    let reduce = |delta| OrderRequest { effect: OrderEffect::Reduce, ..market_order(delta, now) };
    let first = world.place(&trader, 0, reduce(-SIZE + 33_000)).unwrap();
    let second = world.place(&trader, 0, reduce(-33_000)).unwrap();
    world.pass_to(3_000, &CALM);
    // Dust is closed with the rest: the first order was never impossible.
    let mut whole = world.fork();
    let executes = execute(&whole, &trader, first);
    whole.send(executes);
    assert_eq!(whole.account(&trader.account).open_markets, 0);
    // Executing the second one first, later, leaves the first no better price than what came since.
    world.pass_to(4_000, &[SOL * 95 / 100, BTC]);
    for number in [second, first] {
        let executes = execute(&world, &trader, number);
        world.send(executes);
    }
    let left = |world: &World| world.account(&trader.account).collateral;
    let fallen = SIZE as u64 * 95 / 100 * SOL / 1_000_000;
    assert!(left(&whole) - left(&world) >= (SIZE as u64 * SOL / 1_000_000 - fallen) * 99 / 100);
}

/// The collateral that would carry an order comes only once its price turns out well.
#[test]
fn a_deposit_does_not_revive_an_order_that_failed() {
    let mut world = World::new();
    let trader = world.trader_with(400_000_000, &[(1, 12_000)]);
    let order = market_order(SIZE / 2, world.cluster.now_ms());
    let number = world.place(&trader, 0, order).unwrap();
    world.pass_to(3_000, &[SOL, BTC * 80 / 100]);
    let others = world.markets_of(&trader.account, Some(0));
    let (silo, market, account) = (world.silo, world.markets[0], trader.account);
    world.send(instruction::execute_order(silo, market, account, account, number, &others));
    assert_eq!(world.account(&account).orders[0].number, 0, "whoever calls decides its fate");
    let (giver, wallet) = world.person(MONEY);
    world.send(instruction::deposit(giver.pubkey(), wallet, silo, account, MONEY));
    world.refuses(&execute(&world, &trader, number), HoldfastError::OrderNotFound);
}

/// Nobody waits for a better price to be known: executing late costs what the price has moved.
#[test]
fn executing_late_never_pays() {
    for (delta, later) in [(SIZE, SOL * 101 / 100), (-SIZE, SOL * 99 / 100)] {
        let mut world = World::new();
        let trader = world.trader(MONEY).unwrap();
        let asked = market_order(delta, world.cluster.now_ms());
        let number = world.place(&trader, 0, asked).unwrap();
        world.pass_to(3_000, &CALM);
        let mut waits = world.fork();
        waits.pass_to(2_000, &[later, BTC]);
        let executes = execute(&world, &trader, number);
        world.send(executes.clone());
        waits.send(executes);
        let entry = |world: &World| world.account(&trader.account).positions[0].entry;
        // A buyer who waited paid more and a seller received less: the move itself is lost.
        let worse =
            if delta > 0 { entry(&waits) > entry(&world) } else { entry(&waits) < entry(&world) };
        assert!(worse, "{} {}", entry(&waits), entry(&world));
    }
}

/// With a clock behind the feeds one transaction must not ask and be served.
#[test]
fn no_transaction_both_asks_and_is_served() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    let now = world.cluster.now_ms();
    // As far ahead of the clock as a reading may be.
    let ahead = holdfast_testkit::feed::Published::new(SOL, now + 1_000);
    world.publish_one(0, ahead).unwrap();
    let number = world.account(&trader.account).next_order;
    let (owner, account, market) = (trader.keypair.pubkey(), trader.account, world.markets[0]);
    let place = instruction::place_order(owner, account, market, market_order(SIZE, now), &[]);
    let both = [place, execute(&world, &trader, number)];
    let signer = trader.keypair.insecure_clone();
    let failed = world.cluster.send(&both, &[&signer]).unwrap_err();
    assert!(failed.is(HoldfastError::NoPriceYet), "{}", failed.message);
    let terms = world.market(0).terms;
    assert!(terms.execution_delay_ms > terms.future_ms, "no reading is as far ahead as the delay");
}

/// A shorter delay that a change brings does not reach orders that wait.
#[test]
fn what_an_order_waits_for_is_fixed_when_it_is_placed() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    let asked = market_order(SIZE, world.cluster.now_ms());
    let number = world.place(&trader, 0, asked).unwrap();
    let fixed = world.account(&trader.account).orders[0].earliest_ms;
    let mut market = world.market(0);
    market.terms.execution_delay_ms = 1_000;
    world.put_market(0, &market);
    world.pass_to(1_500, &CALM);
    assert_eq!(world.account(&trader.account).orders[0].earliest_ms, fixed);
    world.refuses(&execute(&world, &trader, number), HoldfastError::NoPriceYet);
}
