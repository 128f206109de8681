//! Asking for something and being served in one slot, with a clock that is behind: whoever calls chooses
//! how much of the true time the clock is shown, and prices of a halt are known to everybody.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::{Instruction, instruction};
use holdfast_risk::chain::health::State;
use holdfast_testkit::Trader;
use holdfast_testkit::feed::Published;
use holdfast_testkit::venue::market_order;

use crate::pool::Provider;
use crate::world::{BTC, CALM, SOL, World};

/// Twenty bought with 600 fail at this price.
const DIPPED: u64 = 125_000_000;
const SIZE: i64 = 20_000_000;
const MINE: u64 = 5_000_000_000;
/// Slots in which nobody else can be kept out.
const OTHERS: u64 = 5;

/// A clock that is shown times up to less than a gap ahead, twice. All of it is in one slot.
fn show(world: &mut World, ahead_ms: u64, prices: [u64; 2]) {
    let at_ms = world.cluster.now_ms() + ahead_ms;
    for (index, price) in prices.into_iter().enumerate() {
        // Too far ahead to be a price: it is evidence.
        world.publish_one(index, Published::new(price, at_ms)).unwrap();
    }
    world.observe().unwrap();
}

fn publish_at(world: &mut World, at_ms: u64, prices: [u64; 2]) {
    for (index, price) in prices.into_iter().enumerate() {
        world.publish_one(index, Published::new(price, at_ms)).unwrap();
    }
}

/// The pool's request falls due, and a price from after that is stored, in the slot it was made in.
#[test]
fn no_pool_request_is_made_and_executed_in_one_slot() {
    let mut world = World::new();
    let provider = Provider::new(&mut world, false, MINE);
    provider.join(&mut world, MINE, &CALM);
    world.calm(30);
    world.cluster.pass(400);
    let asked_ms = world.cluster.now_ms();
    let shares = world.balance(&provider.shares);
    world.send(provider.request(&world, true, shares, 1));
    show(&mut world, 9_500, CALM);
    publish_at(&mut world, asked_ms + 6_000, CALM);
    let leaves = provider.execute(&world, true);
    world.refuses(&leaves, HoldfastError::RequestNotDue);
    // Nor is it taken back, now that its price is known.
    world.refuses(&provider.cancel(&world, provider.shares), HoldfastError::RequestDue);
    world.cluster.advance(100, OTHERS - 1, OTHERS - 1);
    world.refuses(&leaves, HoldfastError::RequestNotDue);
    world.cluster.advance(100, 1, 1);
    world.send(leaves);
}

fn liquidate(world: &World, trader: &Trader, keeper: &Trader) -> Instruction {
    instruction::liquidate(world.silo, world.markets[0], trader.account, keeper.account, &[])
}

/// The flag's delay passes, and a price from after it is stored, in the slot it was set in.
#[test]
fn nobody_is_flagged_and_liquidated_in_one_slot() {
    let mut world = World::new();
    let keeper = world.trader(0).unwrap();
    let trader = world.trader_with(600_000_000, &[(0, SIZE)]);
    world.pass_to(1_000, &[DIPPED, BTC]);
    world.cluster.pass(2_000);
    let flagged_ms = world.cluster.now_ms();
    publish_at(&mut world, flagged_ms, [DIPPED, BTC]);
    let markets = world.markets_of(&trader.account, None);
    world.send(instruction::flag(trader.account, &markets));
    show(&mut world, 8_500, [DIPPED, BTC]);
    publish_at(&mut world, flagged_ms + 4_000, [DIPPED, BTC]);
    let liquidates = liquidate(&world, &trader, &keeper);
    world.refuses(&liquidates, HoldfastError::NoPriceYet);
    world.cluster.advance(100, OTHERS - 1, OTHERS - 1);
    world.refuses(&liquidates, HoldfastError::NoPriceYet);
    world.cluster.advance(100, 1, 1);
    world.send(liquidates);
}

/// An order's delay passes in the slot after it was placed. While the chain is disrupted, where slots may
/// take long, only the slot has to be another.
#[test]
fn an_order_leaves_others_the_slots_to_show_the_time() {
    let mut world = World::new();
    let trader = world.trader(MINE).unwrap();
    world.calm(30);
    world.cluster.pass(400);
    let asked_ms = world.cluster.now_ms();
    let number = world.place(&trader, 0, market_order(SIZE, asked_ms)).unwrap();
    show(&mut world, 9_500, CALM);
    publish_at(&mut world, asked_ms + 6_000, CALM);
    let (silo, market, account) = (world.silo, world.markets[0], trader.account);
    let executes = instruction::execute_order(silo, market, account, account, number, &[]);
    for _ in 0..OTHERS {
        world.refuses(&executes, HoldfastError::NoPriceYet);
        world.cluster.advance(100, 1, 1);
    }
    world.send(executes);
}

/// What waits to close a position leaves others the same slots after an order has opened it: the delay
/// after that can be over in the slot of the opening.
#[test]
fn nothing_is_opened_and_closed_in_one_slot() {
    let mut world = World::new();
    let trader = world.trader(MINE).unwrap();
    world.calm(30);
    let asked_ms = world.cluster.now_ms();
    let [opens, closes] =
        [SIZE, -SIZE].map(|size| world.place(&trader, 0, market_order(size, asked_ms)).unwrap());
    world.pass_to(3_000, &CALM);
    world.cluster.pass(400);
    let opened_ms = world.cluster.now_ms();
    world.execute(&trader.account, opens, &trader.account).unwrap();
    show(&mut world, 9_500, CALM);
    publish_at(&mut world, opened_ms + 6_000, CALM);
    let (silo, market, account) = (world.silo, world.markets[0], trader.account);
    let executes = instruction::execute_order(silo, market, account, account, closes, &[]);
    for _ in 0..OTHERS {
        world.refuses(&executes, HoldfastError::NoPriceYet);
        world.cluster.advance(100, 1, 1);
    }
    world.send(executes);
    assert_eq!(world.account(&account).open_markets, 0);
}

/// Two looks in one slot, each less than a gap ahead of the one before, would hide a halt.
#[test]
fn a_slot_takes_one_look() {
    let mut world = World::new();
    world.calm(30);
    world.cluster.pass(400);
    let began_ms = world.cluster.now_ms();
    show(&mut world, 9_500, CALM);
    let seen = world.chain_health().monitor.seen_ms;
    assert!(seen >= began_ms + 9_000, "the first look is kept");
    show(&mut world, 18_000, CALM);
    assert_eq!(world.chain_health().monitor.seen_ms, seen, "the second one only learns");
    // One that shows a gap is kept, whoever looked before in that slot.
    let mut honest = world.fork();
    show(&mut honest, 25_000, CALM);
    assert_eq!(honest.seen_chain().monitor.state, State::Shelter);
    show(&mut world, 19_000, CALM);
    assert_eq!(world.chain_health().monitor.seen_ms, seen, "however many there are");
}

/// A change to a shorter delay does not reach a flag that stands: its owner has the time there was.
#[test]
fn a_flag_keeps_the_delay_it_was_set_with() {
    let mut world = World::with(|_, terms| terms.flag_delay_ms = 20_000);
    let keeper = world.trader(0).unwrap();
    let trader = world.trader_with(600_000_000, &[(0, SIZE)]);
    world.pass_to(1_000, &[DIPPED, BTC]);
    let markets = world.markets_of(&trader.account, None);
    world.send(instruction::flag(trader.account, &markets));
    let mut market = world.market(0);
    market.terms.flag_delay_ms = 3_000;
    market.terms_changed_slot = world.cluster.slot();
    world.put_market(0, &market);
    world.pass_to(5_000, &[DIPPED, BTC]);
    world.refuses(&liquidate(&world, &trader, &keeper), HoldfastError::NoPriceYet);
    world.pass_to(16_000, &[DIPPED, BTC]);
    let liquidates = liquidate(&world, &trader, &keeper);
    world.send(liquidates);
}

/// A time that no clock can be behind by is not remembered: it would stand beside honest evidence for good.
#[test]
fn a_time_years_ahead_is_no_evidence() {
    let mut world = World::new();
    world.calm(30);
    let before = world.market(0).feeds[0].seen_ms;
    let years = world.cluster.now_ms() + 100 * 31_536_000_000;
    assert!(world.publish_one(0, Published::new(SOL, years)).is_err());
    assert_eq!(world.market(0).feeds[0].seen_ms, before);
}
