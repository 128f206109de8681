//! `execute_order`: what it does, to the unit.

use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest};
use holdfast_client::holdfast::state::{MarginAccount, Market, Silo};
use holdfast_client::holdfast::trade_context;
use holdfast_client::{address, instruction};
use holdfast_risk::account::execution::{ExecutionContext, execute};
use holdfast_risk::account::order::Order;
use holdfast_risk::chain::policy::Permit;
use holdfast_risk::market::terms::MarketTerms;
use holdfast_risk::{Millis, Price};
use holdfast_testkit::Trader;
use holdfast_testkit::venue::market_order;

use crate::world::{BTC, CALM, LIQUIDITY, SOL, World};

const SIZE: i64 = 10_000_000;

/// What the rules make of an account's first order, as the accounts should be afterwards.
fn expected(world: &World, trader: &Trader) -> (Silo, Market, MarginAccount) {
    let (mut silo, mut market) = (world.silo_state(), world.market(0));
    let mut account = world.account(&trader.account);
    let waiting = *account.orders.iter().find(|order| order.number != 0).unwrap();
    let now = market.now(Millis(world.cluster.now_ms() / 1_000 * 1_000));
    let met = ExecutionContext {
        at: market.moment(now, Millis(0)),
        volatility: market.volatility().per_minute(),
        reference: Price(market.reference_price),
        opening: Permit::Allowed,
        position_changed: account.position_changed(0),
    };
    let executed = execute(
        &trade_context::open(&silo, &market, &account),
        &Order::from(&waiting),
        market.recent_prices(),
        &MarketTerms::from(&market.terms),
        &silo.rules(market.index, &account.debts, now),
        &met,
    )
    .unwrap();
    trade_context::store(&executed.traded, &mut silo, &mut market, &mut account, now).unwrap();
    if executed.traded.trade.opened.0 > 0 {
        account.note_position_change(0, now, world.cluster.slot());
    }
    account.remove_order(waiting.number).unwrap();
    (silo, market, account)
}

#[track_caller]
fn executes_as_expected(world: &mut World, trader: &Trader, request: OrderRequest, price: u64) {
    let number = world.place(trader, 0, request).unwrap();
    world.pass_to(3_000, &[price, BTC]);
    let (silo, market, account) = expected(world, trader);
    world.execute(&trader.account, number, &trader.account).unwrap();
    assert_eq!(bytemuck::bytes_of(&world.silo_state()), bytemuck::bytes_of(&silo));
    assert_eq!(bytemuck::bytes_of(&world.market(0)), bytemuck::bytes_of(&market));
    let mut received = account;
    received.collateral += request.fee;
    assert_eq!(bytemuck::bytes_of(&world.account(&trader.account)), bytemuck::bytes_of(&received));
}

#[test]
fn opening_costs_spread_and_fee_to_the_unit() {
    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(0, SIZE)]);
    // 200 ppm and one more for the skew: 150.03015 for ten, and six basis points of that.
    let (entry, fee) = (1_500_301_500, 900_181);
    let state = world.account(&trader.account);
    assert_eq!((state.positions[0].size, state.positions[0].entry), (SIZE, entry));
    assert_eq!((state.open_markets, state.collateral), (1, 1_000_000_000 - fee));
    let silo = world.silo_state();
    // A fifth to insurance, a tenth to the protocol, the rest to liquidity.
    let (insured, protocol) = (180_036, 90_018);
    assert_eq!(silo.ledger.liquidity, LIQUIDITY + fee - insured - protocol);
    assert_eq!(silo.ledger.protocol, protocol);
    assert_eq!(silo.open_notional, entry);
    assert_eq!((world.market(0).longs.size, world.market(0).longs.entry), (10_000_000, entry));
    let vault = world.balance(&address::liquidity_vault(&world.silo));
    assert_eq!(vault, LIQUIDITY + 1_000_000_000);
}

#[test]
fn every_kind_of_trade_does_what_the_rules_say() {
    let mut world = World::new();
    let trader = world.trader(3_000_000_000).unwrap();
    let steps = [
        (SIZE, SOL),
        (SIZE / 2, SOL * 101 / 100),
        (-SIZE / 4, SOL * 102 / 100),
        (-3 * SIZE, SOL * 99 / 100),
        (SIZE, SOL * 98 / 100),
        (2 * SIZE, SOL),
        (-SIZE * 5 / 4, SOL * 97 / 100),
    ];
    for (delta, price) in steps {
        let request = market_order(delta, world.cluster.now_ms());
        executes_as_expected(&mut world, &trader, request, price);
    }
    assert_eq!(world.account(&trader.account).open_markets, 0);
    assert_eq!((world.market(0).longs.size, world.market(0).shorts.size), (0, 0));
    assert_eq!(world.silo_state().open_notional, 0);
}

#[test]
fn reduce_only_is_cut_at_zero_whatever_its_size() {
    for delta in [-SIZE, -SIZE - 1, i64::MIN] {
        let mut world = World::new();
        let trader = world.trader_with(1_000_000_000, &[(0, SIZE)]);
        let now = world.cluster.now_ms();
        let request = OrderRequest { effect: OrderEffect::Reduce, ..market_order(delta, now) };
        executes_as_expected(&mut world, &trader, request, SOL);
        assert_eq!(world.account(&trader.account).open_markets, 0);
    }
}

#[test]
fn the_executor_gets_the_fee() {
    let mut world = World::new();
    let (trader, keeper) = (world.trader(1_000_000_000).unwrap(), world.trader(5).unwrap());
    let before = world.silo_state().ledger.collateral;
    let request = OrderRequest { fee: 700, ..market_order(SIZE, world.cluster.now_ms()) };
    let number = world.place(&trader, 0, request).unwrap();
    world.pass_to(3_000, &CALM);
    world.execute(&trader.account, number, &keeper.account).unwrap();
    assert_eq!(world.account(&keeper.account).collateral, 705);
    let state = world.account(&trader.account);
    assert_eq!((state.collateral, state.reserved_fees), (1_000_000_000 - 700 - 900_181, 0));
    assert_eq!(world.silo_state().ledger.collateral, before - 900_181);
}

#[test]
fn an_order_gets_the_first_price_that_decides_or_a_worse_one_since() {
    for (later, least) in [(SOL + 1_000_000, 1_510_000_000), (SOL - 1_000_000, 1_500_000_000)] {
        let mut world = World::new();
        let trader = world.trader(3_000_000_000).unwrap();
        let request = market_order(SIZE, world.cluster.now_ms());
        let number = world.place(&trader, 0, request).unwrap();
        world.pass_to(3_000, &CALM);
        world.pass_to(2_000, &[later, BTC]);
        world.execute(&trader.account, number, &trader.account).unwrap();
        let entry = world.account(&trader.account).positions[0].entry;
        assert!((least..least + 1_000_000).contains(&entry), "{entry}");
    }
}

#[test]
fn a_reduction_needs_no_other_market_and_no_margin() {
    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(0, 20_000_000), (1, 10_000)]);
    let request = market_order(-SIZE, world.cluster.now_ms());
    let number = world.place(&trader, 0, request).unwrap();
    world.pass_to(3_000, &[SOL * 70 / 100, BTC]);
    let (silo, market, account) = (world.silo, world.markets[0], trader.account);
    world.send(instruction::execute_order(silo, market, account, account, number, &[]));
    assert_eq!(world.account(&account).positions[0].size, 10_000_000);
}
