//! One false print inside the band, where prices are believed at once.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest};
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::Trader;
use holdfast_testkit::feed::Published;
use holdfast_testkit::venue::market_order;

use super::prices::withdrawable;
use crate::pool::Provider;
use crate::world::{CALM, SOL, World};

const SIZE: i64 = 10_000_000;
const MONEY: u64 = 3_000_000_000;
/// Percent of the price.
const PRINTS: [u64; 6] = [86, 90, 97, 103, 110, 114];

fn world() -> World {
    World::with(|silo, terms| {
        terms.band_bps = 1_500;
        terms.account_share_bps = 10_000;
        silo.payable_share_bps = 5_000;
    })
}

/// A single print in the first market, believed.
fn print(world: &mut World, percent: u64) {
    let print = Published::new(SOL * percent / 100, world.cluster.now_ms());
    world.publish_one(0, print).unwrap();
    assert!(world.market(0).newest_stored().believed);
}

fn execute(world: &World, trader: &Trader, number: u64) -> Instruction {
    let (market, account) = (world.markets[0], trader.account);
    instruction::execute_order(world.silo, market, account, account, number, &[])
}

/// Whoever has an order waiting when it comes gets nothing of it, then or with the next true price.
#[test]
fn no_order_gets_one_print_alone() {
    for percent in PRINTS {
        let mut world = world();
        let seller = world.trader_with(MONEY, &[(0, SIZE)]);
        let buyer = world.trader(MONEY).unwrap();
        let now = world.cluster.now_ms();
        let buys = world.place(&buyer, 0, market_order(SIZE, now)).unwrap();
        let sell = OrderRequest { effect: OrderEffect::Reduce, ..market_order(-SIZE, now) };
        let sells = world.place(&seller, 0, sell).unwrap();
        world.cluster.pass(3_000);
        print(&mut world, percent);
        for (trader, order) in [(&buyer, buys), (&seller, sells)] {
            world.refuses(&execute(&world, trader, order), HoldfastError::NoPriceYet);
        }
        world.pass_to(2_000, &CALM);
        let fair = SIZE as u64 * SOL / 1_000_000;
        let mut sold = world.fork();
        let executes = execute(&world, &buyer, buys);
        world.send(executes);
        let paid = world.account(&buyer.account).positions[0].entry;
        assert!(paid >= fair, "{percent}: bought for {paid}");
        let executes = execute(&sold, &seller, sells);
        sold.send(executes);
        let realised = sold.account(&seller.account).pending_profit;
        assert_eq!(realised, 0, "{percent}: sold for more than it cost");
    }
}

/// What a request to leave and one to join get, with a print while they wait or without.
fn requests_get(print_of: Option<u64>) -> (u64, u64) {
    let mut world = world();
    world.trader_with(MONEY, &[(0, SIZE)]);
    let holder = Provider::new(&mut world, false, MONEY);
    holder.join(&mut world, MONEY, &CALM);
    let joiner = Provider::new(&mut world, false, MONEY);
    world.send(joiner.request(&world, false, MONEY, 1));
    let shares = world.balance(&holder.shares);
    world.send(holder.request(&world, true, shares, 1));
    world.cluster.pass(6_000);
    if let Some(percent) = print_of {
        print(&mut world, percent);
        for (who, leaves) in [(&joiner, false), (&holder, true)] {
            world.refuses(&who.execute(&world, leaves), HoldfastError::RequestNotDue);
        }
    }
    world.pass_to(2_000, &CALM);
    // What who joins pays too much goes to whoever is still there.
    for (who, leaves) in [(&holder, true), (&joiner, false)] {
        let executes = who.execute(&world, leaves);
        world.send(executes);
    }
    (world.balance(&holder.money), world.balance(&joiner.shares))
}

#[test]
fn no_pool_request_gets_one_print_alone() {
    let (fair_left, fair_joined) = requests_get(None);
    for percent in PRINTS {
        let (left, joined) = requests_get(Some(percent));
        assert!(left <= fair_left, "{percent}: left with {left}, fair are {fair_left}");
        assert!(joined <= fair_joined, "{percent}: {joined} shares, fair are {fair_joined}");
    }
}

/// Nobody can take out more while it is the newest price, and nobody who was safe is flagged for it, or
/// liquidated where a flag stands from before.
#[test]
fn one_print_values_nobody_better_and_takes_from_nobody() {
    for percent in PRINTS {
        let mut world = world();
        let trader = world.trader_with(MONEY / 15, &[(0, SIZE)]);
        let before = withdrawable(&world, &trader);
        // Either fails when a tenth is lost.
        let victims = [SIZE, -SIZE].map(|size| world.trader_with(MONEY / 15, &[(0, size)]));
        world.cluster.pass(2_000);
        print(&mut world, percent);
        let after = withdrawable(&world, &trader);
        assert!(after <= before, "{percent}: {after} can be withdrawn, {before} could");
        for victim in victims {
            let markets = world.markets_of(&victim.account, None);
            let flag = instruction::flag(victim.account, &markets);
            world.refuses(&flag, HoldfastError::AccountSafe);
        }
    }
}
