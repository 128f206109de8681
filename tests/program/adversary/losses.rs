//! Losses: which market is charged, how far a day reaches into the fund, and what is certain.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::Trader;
use holdfast_testkit::audit::Audit;
use holdfast_testkit::feed::Published;

use crate::debt::{LOST, RISEN, owing};
use crate::pool::Provider;
use crate::world::{BTC, CALM, INSURANCE, LIQUIDITY, SOL, World};

#[test]
fn the_market_of_a_loss_is_charged_whichever_is_closed_last() {
    let (mut world, trader) = owing(&LOST);
    let account = world.account(&trader.account);
    assert_eq!(account.debts[1], account.debt);
    let fund = world.silo_state().ledger.insurance;
    world.trade(&trader, 0, -10_000_000, &LOST).unwrap();
    let draws = world.silo_state().draws;
    assert!(draws.drawn[1] >= account.debt, "{draws:?}");
    // What the second position cost is all that is the first market's.
    assert!(draws.drawn[0] < 2_000_000, "{draws:?}");
    assert_eq!(draws.start, fund);
}

/// Loses more than the whole fund in a market.
fn fail(world: &mut World, market: usize) -> Trader {
    let (size, fallen) = [(6_000_000_000, [SOL / 2, BTC]), (9_000_000, [SOL, BTC / 2])][market];
    let trader = world.trader_with(200_000_000_000, &[(market, size)]);
    world.pass_to(3_000, &fallen);
    world.trade(&trader, market, -size, &fallen).unwrap();
    world.pass_to(3_000, &CALM);
    trader
}

#[test]
fn five_failures_in_a_day_leave_the_fund_its_reserve() {
    // A market may draw everything: only the reserve is left to stop it.
    let mut world = World::with(|silo, market| {
        silo.epoch_cap_bps = 10_000;
        market.account_share_bps = 10_000;
    });
    let mut accounts = Vec::new();
    for market in [0, 1, 0, 1, 0] {
        accounts.push(fail(&mut world, market).account);
        let silo = world.silo_state();
        assert!(silo.draws.start >= INSURANCE);
        let fund = silo.ledger.insurance;
        assert!(fund >= silo.draws.start / 5, "{fund} of {}", silo.draws.start);
    }
    let drawn: u64 = world.silo_state().draws.drawn.iter().sum();
    assert!(drawn > INSURANCE / 2, "they did fail: {drawn}");
    assert_eq!(Audit::new(&world, &accounts), Audit::default());
}

/// Nine tenths of the fund leave after the day's first loss: who stays still covers the next one.
#[test]
fn who_leaves_takes_no_cover_along() {
    const HOUR: u64 = 3_600_000;
    let mut world = World::with(|_, market| market.account_share_bps = 10_000);
    let staker = Provider::new(&mut world, true, 9 * INSURANCE);
    staker.join(&mut world, 9 * INSURANCE, &CALM);
    world.send(instruction::reconcile_vaults(world.silo));
    let shares = world.balance(&staker.shares);
    world.send(staker.request(&world, true, shares, 1));
    world.pass_to(23 * HOUR, &CALM);
    world.calm(120);
    fail(&mut world, 0);
    let drawn = world.silo_state().draws;
    assert!(drawn.start > 9 * INSURANCE && drawn.drawn[0] > 0, "{drawn:?}");
    world.pass_to(HOUR, &CALM);
    world.send(staker.execute(&world, true));
    let before = world.silo_state();
    assert!(before.ledger.insurance < drawn.start / 5, "less than the reserve of what it was");
    world.calm(120);
    fail(&mut world, 1);
    let after = world.silo_state();
    assert_eq!(after.draws.since_ms, drawn.since_ms, "the same day");
    assert!(after.draws.drawn[1] > 0, "{:?}", after.draws);
    assert!(after.ledger.insurance < before.ledger.insurance);
}

fn write_off(world: &World, trader: &Trader) -> Instruction {
    let markets = world.markets_of(&trader.account, None);
    instruction::write_off_debt(world.silo, trader.account, &markets)
}

/// Somebody who owes for the second market's loss and has a position in the first, whose feed ends.
fn stale_debtor() -> (World, Trader) {
    let mut world = World::with(|_, market| market.account_share_bps = 10_000);
    let trader = world.trader_with(200_000_000_000, &[(0, 1_000_000), (1, 9_000_000)]);
    let fallen = [SOL, BTC / 2];
    world.pass_to(3_000, &fallen);
    world.trade(&trader, 1, -9_000_000, &fallen).unwrap();
    for _ in 0..4 {
        world.cluster.pass(30_000);
        let now = world.cluster.now_ms();
        world.publish_one(1, Published::new(BTC / 2, now)).unwrap();
        world.observe().unwrap();
    }
    (world, trader)
}

#[test]
fn a_debt_that_nothing_can_cover_is_bad_debt_now() {
    let (mut world, trader) = stale_debtor();
    let (account, before) = (world.account(&trader.account), world.silo_state().ledger);
    assert!(account.debt > 200_000_000_000 && account.open_markets == 1);
    let written = write_off(&world, &trader);
    world.send(written.clone());
    let (left, after) = (world.account(&trader.account), world.silo_state());
    // A position of 150 is worth 75 at the most in a band of half its price.
    assert!(left.debt <= 76_000_000 && after.ledger.debt == left.debt, "{}", left.debt);
    let insured = before.insurance - after.ledger.insurance;
    assert_eq!(insured, before.insurance / 2, "the market's cap");
    assert_eq!(after.draws.drawn[1], insured);
    assert_eq!(after.ledger.liquidity, before.liquidity + insured);
    assert_eq!(Audit::new(&world, &[trader.account]), Audit::default());
    world.refuses(&written, HoldfastError::DebtCoverable);
    let mut broken = world.fork();
    broken.break_chain();
    broken.refuses(&written, HoldfastError::ChainNotReady);
    let foreign = world.in_second(|world| world.trader(0).unwrap());
    let crossed = instruction::write_off_debt(world.silo, foreign.account, &[]);
    world.refuses(&crossed, HoldfastError::WrongSilo);
}

#[test]
pub(crate) fn a_debt_that_may_be_paid_is_not_written_off() {
    let (world, trader) = owing(&RISEN);
    world.refuses(&write_off(&world, &trader), HoldfastError::DebtCoverable);
    let blind = instruction::write_off_debt(world.silo, trader.account, &[]);
    world.refuses(&blind, HoldfastError::WrongMarket);
    let mut world = World::new();
    let without = world.trader_with(LIQUIDITY / 100, &[(0, 1_000_000)]);
    world.refuses(&write_off(&world, &without), HoldfastError::DebtCoverable);
}

/// Prices that nobody believes make no debt bad, however many follow one another.
#[test]
fn no_debt_is_written_off_at_prices_that_nobody_believes() {
    let (mut world, trader) = owing(&RISEN);
    for _ in 0..2 {
        world.pass_to(1_000, &[SOL / 3, RISEN[1]]);
        assert!(!world.market(0).newest_stored().believed);
        world.refuses(&write_off(&world, &trader), HoldfastError::DebtCoverable);
    }
}
