//! Prices, orders, liquidation and the chain's health.

use holdfast_client::holdfast::instructions::{OrderRequest, OrderTrigger};
use holdfast_client::instruction;
use holdfast_risk::market::settlement::{NO_PRICE, NOTICE};
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::venue::{feed_account, feed_id, market_order};

use super::Scenario;
use super::catalogue::Kind;
use super::setup::{ALICE, BOB, account, person, place, populated};
use crate::world::{BTC, CALM, SOL, World};

#[test]
fn prices_and_health() {
    let mut world = populated();
    world.cluster.pass(3_000);
    let published = Published::new(SOL, world.cluster.now_ms());
    let update = pyth_update(feed_id(0), published, 0);
    post_pyth_update(&mut world.cluster, feed_account(0), &update);
    let instruction = instruction::refresh_market(world.silo, world.markets[0], &[feed_account(0)]);
    Scenario {
        name: "refresh_market",
        world: world.fork(),
        instruction,
        harmless: &[(3, Kind::Feed, "any fully verified update of the market's feed")],
    }
    .check();
    let instruction = instruction::chain_state();
    Scenario { name: "chain_state", world: world.fork(), instruction, harmless: &[] }.check();
    let instruction = instruction::observe(&world.markets);
    Scenario {
        name: "observe",
        world,
        instruction,
        harmless: &[
            (1, Kind::Market, "every listed market's readings are verified: all are evidence"),
            (1, Kind::ForeignMarket, "the same"),
            (2, Kind::Market, "the same"),
            (2, Kind::ForeignMarket, "the same"),
        ],
    }
    .check();
}

#[test]
fn placing_and_cancelling() {
    let mut world = populated();
    let (alice, bob) = (person(ALICE), person(BOB));
    let own = account(&world, &alice);
    let request = OrderRequest { fee: 9, ..market_order(10_000, world.cluster.now_ms()) };
    let markets = world.markets.clone();
    let place = instruction::place_order(alice, own, markets[0], request, &markets);
    Scenario {
        name: "place_order",
        world: world.fork(),
        instruction: place.clone(),
        harmless: &[(
            3,
            Kind::Market,
            "an order for another market of the silo, as the owner signs",
        )],
    }
    .check();

    let expires_ms = world.cluster.now_ms() + 5_000;
    let request = OrderRequest { expires_ms, fee: 0, ..request };
    world.send(instruction::place_order(alice, own, markets[0], request, &markets));
    let number = world.account(&own).next_order - 1;
    let cancel = instruction::cancel_order(alice, own, markets[0], number);
    let waiting = world.fork();
    Scenario { name: "cancel_order", world: waiting, instruction: cancel, harmless: &[] }.check();
    world.cluster.pass(20_000);
    Scenario {
        name: "cancel_order, expired",
        world,
        instruction: instruction::cancel_order(bob, own, markets[0], number),
        harmless: &[
            (0, Kind::Person, "anyone may remove an expired order; its fee goes to the owner"),
            (0, Kind::Nothing, "the same"),
            (0, Kind::Copy, "the same"),
        ],
    }
    .check();
}

#[test]
fn triggering() {
    let mut world = populated();
    let alice = person(ALICE);
    let own = account(&world, &alice);
    let trigger = OrderTrigger::AtOrBelow { price: SOL };
    let request = OrderRequest { trigger, ..market_order(-10_000, world.cluster.now_ms()) };
    let market = world.markets[0];
    world.send(instruction::place_order(alice, own, market, request, &[]));
    let number = world.account(&own).next_order - 1;
    let instruction = instruction::trigger_order(own, market, number);
    Scenario { name: "trigger_order", world, instruction, harmless: &[] }.check();
}

#[test]
fn executing_what_opens() {
    executing(5_000_000, "execute_order, opening");
}

#[test]
fn executing_what_reduces() {
    executing(-5_000_000, "execute_order, reducing");
}

fn executing(delta: i64, name: &'static str) {
    let mut world = populated();
    let (alice, bob) = (person(ALICE), person(BOB));
    place(&mut world, &alice, 0, delta);
    world.pass_to(3_000, &CALM);
    let (own, executor) = (account(&world, &alice), account(&world, &bob));
    let number = world.account(&own).next_order - 1;
    let others = if delta > 0 { &world.markets[1..] } else { &[][..] };
    let (silo, market) = (world.silo, world.markets[0]);
    let instruction = instruction::execute_order(silo, market, own, executor, number, others);
    let harmless = &[(4, Kind::Account, "any margin account of the silo may earn the fee")];
    Scenario { name, world, instruction, harmless }.check();
}

#[test]
fn settling() {
    let mut world = populated();
    let (silo, market) = (world.silo, world.markets[0]);
    // The reference rises over what everybody paid, so that whoever is settled gains.
    for _ in 0..10 {
        world.pass_to(30_000, &[SOL * 102 / 100, BTC]);
    }
    // Every market but the first has a price still.
    let pass = |world: &mut World, ms| {
        world.watch(ms).unwrap();
        let now = world.cluster.now_ms();
        world.publish_one(1, Published::new(BTC, now)).unwrap();
        world.in_second(|world| world.publish(&CALM)).unwrap();
    };
    pass(&mut world, NO_PRICE.0);
    let announce = instruction::announce_settlement(market);
    let (name, instruction) = ("announce_settlement", announce.clone());
    Scenario { name, world: world.fork(), instruction, harmless: &[] }.check();
    world.send(announce);
    pass(&mut world, NOTICE.0);
    let settle = instruction::settle_market(market);
    let (name, instruction) = ("settle_market", settle.clone());
    Scenario { name, world: world.fork(), instruction, harmless: &[] }.check();
    world.send(settle);
    let own = account(&world, &person(ALICE));
    let instruction = instruction::settle_position(silo, market, own);
    let harmless = &[(3, Kind::Account, "anyone may settle any account's position")];
    Scenario { name: "settle_position", world, instruction, harmless }.check();
}

#[test]
fn flags_and_liquidation() {
    let mut world = populated();
    let crash = [74_000_000, 60_000_000_000];
    // Long enough for prices outside the band to be followed.
    for _ in 0..31 {
        world.pass_to(10_000, &crash);
        world.in_second(|world| world.publish(&crash)).unwrap();
    }
    let (alice, bob) = (person(ALICE), person(BOB));
    let (own, other) = (account(&world, &alice), account(&world, &bob));
    let markets = world.markets.clone();
    let flag = instruction::flag(own, &markets);
    Scenario {
        name: "flag",
        world: world.fork(),
        instruction: flag.clone(),
        harmless: &[(1, Kind::Account, "whatever account fails its maintenance margin")],
    }
    .check();
    world.send(flag);
    world.pass_to(4_000, &crash);
    let (silo, market) = (world.silo, markets[0]);
    let instruction = instruction::liquidate(silo, market, own, other, &markets[1..]);
    let harmless = &[(4, Kind::Account, "any margin account of the silo may earn the reward")];
    Scenario { name: "liquidate", world, instruction, harmless }.check();
}
