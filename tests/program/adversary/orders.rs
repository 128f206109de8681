//! Orders whose owner would rather choose once the price is known, and orders that others could turn
//! against their owner.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_client::{Instruction, instruction};
use holdfast_risk::Side;
use holdfast_risk::market::spread::trade_price;
use holdfast_testkit::Trader;
use holdfast_testkit::venue::market_order;

use super::owner;
use crate::world::{BTC, CALM, SOL, World, stranger};

const SIZE: i64 = 10_000_000;
const MONEY: u64 = 3_000_000_000;

fn execute(world: &World, trader: &Trader, number: u64) -> Instruction {
    let (market, account) = (world.markets[0], trader.account);
    instruction::execute_order(world.silo, market, account, account, number, &[])
}

fn trigger(world: &World, trader: &Trader, number: u64) -> Instruction {
    instruction::trigger_order(trader.account, world.markets[0], number)
}

/// A stop that sells at or below the calm price.
fn stop(world: &World) -> OrderRequest {
    OrderRequest {
        effect: OrderEffect::Reduce,
        trigger: OrderTrigger::AtOrBelow { price: SOL },
        ..market_order(-SIZE, world.cluster.now_ms())
    }
}

/// An expiry just after the first price would let the owner choose whether anybody acts on it.
#[test]
fn an_expiry_is_no_way_to_choose() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    let now = world.cluster.now_ms();
    let request = OrderRequest { expires_ms: now + 3_000, ..market_order(SIZE, now) };
    let decided = world.place(&trader, 0, request).unwrap();
    let mut without = world.fork();
    world.pass_to(3_000, &CALM);
    world.cluster.pass(1_000);
    let cancel = |who| instruction::cancel_order(who, trader.account, world.markets[0], decided);
    world.refuses(&cancel(owner(&trader)), HoldfastError::PriceKnown);
    world.refuses(&cancel(stranger()), HoldfastError::PriceKnown);
    let executes = execute(&world, &trader, decided);
    let removes = cancel(stranger());
    world.send(executes.clone());
    // One that no price decided in time is over, also when a later price comes.
    without.pass_to(4_000, &CALM);
    without.refuses(&executes, HoldfastError::OrderExpired);
    // Until none published in time can be stored in time.
    without.refuses(&removes, HoldfastError::PriceKnown);
    without.cluster.pass(15_000);
    without.send(removes);
}

/// A price may be published and not yet stored: taking the order back then would be a choice as well.
#[test]
fn an_order_is_not_taken_back_before_its_price_is_stored() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    let now = world.cluster.now_ms();
    let expires_ms = now + 2_500;
    let lasting = world.place(&trader, 0, market_order(SIZE, now)).unwrap();
    let brief = OrderRequest { expires_ms, ..market_order(SIZE, now) };
    let brief = world.place(&trader, 0, brief).unwrap();
    let cancel = |number| {
        instruction::cancel_order(owner(&trader), trader.account, world.markets[0], number)
    };
    let (lasting, brief) = (cancel(lasting), cancel(brief));
    world.cluster.pass(1_000);
    // No price that decides is published yet.
    let mut early = world.fork();
    early.send(lasting.clone());
    early.send(brief.clone());
    world.cluster.pass(2_000);
    world.refuses(&lasting, HoldfastError::PriceKnown);
    world.refuses(&brief, HoldfastError::PriceKnown);
    // Without a price nobody is kept for long.
    world.cluster.pass(18_000);
    world.send(brief);
    world.send(lasting);
}

/// Once the price is known, the owner takes out what its reserve has left, or adds what would be missing
/// if initial margin were asked again. Neither decides whether the order is executed.
#[test]
fn margin_taken_out_or_added_is_no_way_to_choose() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    let now = world.cluster.now_ms();
    let number = world.place(&trader, 0, market_order(SIZE, now)).unwrap();
    world.pass_to(3_000, &[SOL * 1_003 / 1_000, BTC]);
    let executes = execute(&world, &trader, number);
    let account = world.account(&trader.account);
    let slack = account.collateral - account.reserved_margin;
    let (silo, wallet) = (world.silo, trader.wallet);
    world.send(instruction::withdraw(owner(&trader), silo, trader.account, wallet, slack, &[]));
    world.send(executes);
    let account = world.account(&trader.account);
    assert_eq!(account.positions[0].size, SIZE);
    assert!(account.collateral < MONEY);
}

/// A stop that was set off and lapsed waits for its trigger again once more is opened: its owner sees a
/// position that the price has not reached.
#[test]
fn a_lapsed_stop_waits_for_its_trigger_again() {
    let mut world = World::new();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    let fallen = [SOL * 9 / 10, BTC];
    let request = OrderRequest {
        trigger: OrderTrigger::AtOrBelow { price: SOL * 95 / 100 },
        limit: SOL * 94 / 100,
        ..stop(&world)
    };
    let stops = world.place(&trader, 0, request).unwrap();
    world.pass_to(2_000, &fallen);
    world.pass_to(2_000, &fallen);
    let triggers = trigger(&world, &trader, stops);
    world.send(triggers);
    world.pass_to(3_000, &fallen);
    world.pass_to(1_000, &fallen);
    world.refuses(&execute(&world, &trader, stops), HoldfastError::BeyondLimit);
    world.pass_to(15_000, &CALM);
    world.pass_to(2_000, &CALM);
    world.refuses(&execute(&world, &trader, stops), HoldfastError::OrderLapsed);
    world.trade(&trader, 0, SIZE / 10, &CALM).unwrap();
    world.pass_to(3_000, &CALM);
    world.pass_to(1_000, &CALM);
    world.refuses(&execute(&world, &trader, stops), HoldfastError::OrderNotTriggered);
    world.refuses(&trigger(&world, &trader, stops), HoldfastError::TriggerNotMet);
}

/// A close whose price is known is put off by no other order of the account, to be cancelled later.
#[test]
pub fn an_order_that_opens_does_not_put_a_known_close_off() {
    let mut world = World::new();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    world.pass_to(3_000, &CALM);
    let now = world.cluster.now_ms();
    let closes = world.place(&trader, 0, market_order(-SIZE / 2, now)).unwrap();
    let reduces = world.place(&trader, 0, market_order(-SIZE / 10, now)).unwrap();
    let opens = world.place(&trader, 0, market_order(SIZE / 10, now)).unwrap();
    world.pass_to(3_000, &CALM);
    world.refuses(&execute(&world, &trader, opens), HoldfastError::ClosingOrderFirst);
    let executes = execute(&world, &trader, reduces);
    world.send(executes);
    let cancel =
        instruction::cancel_order(owner(&trader), trader.account, world.markets[0], closes);
    world.refuses(&cancel, HoldfastError::PriceKnown);
    for number in [closes, opens] {
        let executes = execute(&world, &trader, number);
        world.send(executes);
    }
    assert_eq!(world.account(&trader.account).positions[0].size, SIZE / 2);
}

/// Nor while its price may be published and is not stored yet: otherwise a trifle that opens would put the
/// close off, and its owner could choose by that whether to take the price, or cancel.
#[test]
fn an_order_that_opens_does_not_put_off_a_close_whose_price_is_not_stored_yet() {
    let mut world = World::new();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    world.pass_to(3_000, &CALM);
    let now = world.cluster.now_ms();
    let opens = world.place(&trader, 0, market_order(1, now)).unwrap();
    world.cluster.pass(1_000);
    let now = world.cluster.now_ms();
    let whole = OrderRequest { effect: OrderEffect::Reduce, ..market_order(-SIZE, now) };
    let closes = world.place(&trader, 0, whole).unwrap();
    // The first price decides what opens, and the next one what closes.
    world.pass_to(1_400, &CALM);
    world.cluster.pass(2_000);
    let cancel =
        instruction::cancel_order(owner(&trader), trader.account, world.markets[0], closes);
    world.refuses(&execute(&world, &trader, opens), HoldfastError::ClosingOrderFirst);
    world.refuses(&cancel, HoldfastError::PriceKnown);
    world.pass_to(400, &[SOL * 99 / 100, BTC]);
    for number in [closes, opens] {
        let executes = execute(&world, &trader, number);
        world.send(executes);
    }
    // By itself what opens is too small to keep.
    assert_eq!(world.account(&trader.account).open_markets, 0);
}

/// A close that goes no further holds nobody up: beyond its limit it is not about to execute.
#[test]
fn a_close_beyond_its_limit_holds_no_order_up() {
    let mut world = World::new();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    world.pass_to(3_000, &CALM);
    let now = world.cluster.now_ms();
    let far = OrderRequest { limit: 2 * SOL, ..market_order(-SIZE / 2, now) };
    world.place(&trader, 0, far).unwrap();
    let opens = world.place(&trader, 0, market_order(SIZE / 10, now)).unwrap();
    world.pass_to(3_000, &CALM);
    let executes = execute(&world, &trader, opens);
    world.send(executes);
}

/// Nor does one whose limit no price with spread reaches: with the least spread it is the next to execute.
#[test]
fn a_close_that_its_spread_keeps_beyond_its_limit_holds_no_order_up() {
    for held_up in [true, false] {
        let mut world = World::new();
        let trader = world.trader_with(MONEY, &[(0, SIZE)]);
        world.pass_to(3_000, &CALM);
        let market = world.market(0);
        let index = market.newest_stored().point.traded(Side::Short);
        let reached = trade_price(index, Side::Short, market.terms.spread().base).unwrap();
        assert!(reached < index);
        let limit = if held_up { reached } else { index }.0;
        let now = world.cluster.now_ms();
        let close = OrderRequest { limit, ..market_order(-SIZE / 2, now) };
        world.place(&trader, 0, close).unwrap();
        let opens = world.place(&trader, 0, market_order(SIZE / 10, now)).unwrap();
        world.pass_to(3_000, &CALM);
        let executes = execute(&world, &trader, opens);
        if held_up {
            world.refuses(&executes, HoldfastError::ClosingOrderFirst);
        } else {
            world.send(executes);
        }
    }
}

/// Two orders that would each close the position and open the other side do not wait for each other: the
/// older goes first. Otherwise both would lapse, and their owner had a price for nothing.
#[test]
fn two_reversals_do_not_hold_each_other_up() {
    let mut world = World::new();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    world.pass_to(3_000, &CALM);
    let now = world.cluster.now_ms();
    let reversals =
        [(); 2].map(|()| world.place(&trader, 0, market_order(-2 * SIZE, now)).unwrap());
    world.pass_to(3_000, &CALM);
    let [older, younger] = reversals.map(|number| execute(&world, &trader, number));
    world.refuses(&younger, HoldfastError::ClosingOrderFirst);
    world.send(older);
    assert_eq!(world.account(&trader.account).positions[0].size, -SIZE);
    world.send(younger);
}

/// Stop and reverse: where margin no longer carries the reversal, the position is closed all the same.
#[test]
fn what_closes_needs_no_margin() {
    let mut world = World::new();
    let trader = world.trader_with(400_000_000, &[(0, SIZE)]);
    let flips = market_order(-2 * SIZE, world.cluster.now_ms());
    let number = world.place(&trader, 0, flips).unwrap();
    world.pass_to(3_000, &[SOL * 76 / 100, BTC]);
    let executes = execute(&world, &trader, number);
    world.send(executes);
    let account = world.account(&trader.account);
    assert_eq!((account.open_markets, account.reserved_margin), (0, 0));
    assert_eq!(account.orders[0].number, 0, "what it would have opened is gone");
}

/// A stop that waits for its entry is set off by nobody before it.
#[test]
fn a_stop_is_not_set_off_without_a_position() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    let request = stop(&world);
    let stops = world.place(&trader, 0, request).unwrap();
    world.pass_to(1_000, &CALM);
    world.refuses(&trigger(&world, &trader, stops), HoldfastError::NothingToReduce);
    world.trade(&trader, 0, SIZE, &CALM).unwrap();
    let triggers = trigger(&world, &trader, stops);
    world.send(triggers);
}

/// A stop that was set off waits for its trigger again once its position is gone.
#[test]
fn a_stop_of_one_position_does_not_close_the_next() {
    let mut world = World::new();
    let trader = world.trader_with(MONEY, &[(0, SIZE)]);
    world.pass_to(3_000, &CALM);
    let request = stop(&world);
    let stops = world.place(&trader, 0, request).unwrap();
    let request = market_order(-SIZE, world.cluster.now_ms());
    let closes = world.place(&trader, 0, request).unwrap();
    let triggers = trigger(&world, &trader, stops);
    world.send(triggers);
    world.pass_to(3_000, &CALM);
    let executes = execute(&world, &trader, closes);
    world.send(executes);
    let above = [SOL * 110 / 100, BTC];
    world.trade(&trader, 0, SIZE, &above).unwrap();
    world.pass_to(3_000, &above);
    world.refuses(&execute(&world, &trader, stops), HoldfastError::OrderNotTriggered);
    world.refuses(&trigger(&world, &trader, stops), HoldfastError::TriggerNotMet);
}
