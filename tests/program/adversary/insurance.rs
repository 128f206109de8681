//! The insurance fund: what a share costs, and who leaves when.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::{address, instruction};
use holdfast_risk::chain::health::State;

use crate::debt::{RISEN, owing};
use crate::pool::Provider;
use crate::world::{BTC, CALM, INSURANCE, LIQUIDITY, World};

const DAY: u64 = 86_400_000;

/// A fund that came in as donations and fees, with nobody's stake in it.
fn unstaked() -> World {
    let mut world = World::set_up(|_, _| ());
    world.lock();
    world.join_pool(false, LIQUIDITY, &CALM).unwrap();
    let vault = address::insurance_vault(&world.silo);
    world.give(&vault, INSURANCE);
    world.send(instruction::reconcile_vaults(world.silo));
    assert_eq!(world.silo_state().ledger.insurance, INSURANCE);
    world
}

/// Leaves with everything after the cooldown.
fn unstake(world: &mut World, staker: &Provider) -> u64 {
    let (shares, before) = (world.balance(&staker.shares), world.balance(&staker.money));
    world.send(staker.request(world, true, shares, 1));
    world.pass_to(DAY, &CALM);
    world.send(staker.execute(world, true));
    world.balance(&staker.money) - before
}

/// Somebody is about to be liquidated, and the fund to earn the penalty: who joins now has no part in it.
#[test]
fn nobody_joins_behind_a_penalty() {
    let mut world = World::new();
    let joins = Provider::new(&mut world, true, 9 * INSURANCE);
    world.send(joins.request(&world, false, 9 * INSURANCE, 1));
    let execute = joins.execute(&world, false);
    // A flag stands for five minutes, and the longest delay is less than that.
    for _ in 0..10 {
        world.pass_to(60_000, &CALM);
        world.refuses(&execute, HoldfastError::RequestNotDue);
    }
}

#[test]
fn one_share_does_not_cost_a_whole_fund() {
    let victims = 19_900_000_000;
    for attackers in [0, 1_000_000, 7_777_777] {
        let mut world = unstaked();
        let attacker = Provider::new(&mut world, true, attackers + 1);
        if attackers > 0 {
            attacker.join(&mut world, attackers, &CALM);
            assert_eq!(world.balance(&attacker.shares), attackers, "a unit each");
        }
        let victim = Provider::new(&mut world, true, victims);
        victim.join(&mut world, victims, &CALM);
        let returned = unstake(&mut world, &victim);
        assert!(victims - returned <= victims / 1_000_000 + 2, "{returned} of {victims}");
        if attackers > 0 {
            assert!(unstake(&mut world, &attacker) <= attackers);
        }
        let silo = world.silo_state();
        assert!(silo.ledger.insurance >= INSURANCE, "the fund stays nobody's");
    }
}

#[test]
fn a_deposit_too_small_for_its_shares_is_returned_and_not_rounded_away() {
    let mut world = unstaked();
    let staker = Provider::new(&mut world, true, 999_999);
    world.send(staker.request(&world, false, 999_999, 1));
    world.pass_to(6_000, &CALM);
    world.refuses(&staker.execute(&world, false), HoldfastError::DepositTooSmall);
    for _ in 0..20 {
        world.pass_to(30_000, &CALM);
    }
    world.send(staker.cancel(&world, staker.money));
    assert_eq!(world.balance(&staker.money), 999_999);
}

#[test]
fn nobody_unstakes_ahead_of_a_loss_that_may_come() {
    let stake = INSURANCE;
    let (mut world, trader) = owing(&RISEN);
    let staker = Provider::new(&mut world, true, stake);
    staker.join(&mut world, stake, &RISEN);
    let ledger = world.silo_state().ledger;
    let debt = world.account(&trader.account).debt;
    assert!(debt > 0 && ledger.debt == debt);
    let paid = unstake(&mut world, &staker);
    let share = (u128::from(ledger.insurance - debt) * u128::from(stake)
        / u128::from(ledger.insurance)) as u64;
    assert!(paid.abs_diff(share) <= 10, "{paid}, not {share}");
}

/// A staker whose request to leave with this many shares, all there are, nobody has executed in time.
fn lapsed() -> (World, Provider, u64) {
    let mut world = World::new();
    let staker = Provider::new(&mut world, true, INSURANCE);
    staker.join(&mut world, INSURANCE, &CALM);
    let shares = world.balance(&staker.shares);
    world.send(staker.request(&world, true, shares, 1));
    world.pass_to(2 * DAY, &CALM);
    world.refuses(&staker.execute(&world, true), HoldfastError::RequestLapsed);
    (world, staker, shares)
}

#[test]
fn a_cooldown_is_not_prepaid() {
    let (mut world, staker, shares) = lapsed();
    world.send(staker.cancel(&world, staker.shares));
    assert_eq!(world.balance(&staker.shares), shares);
    world.send(staker.request(&world, true, shares, 1));
    world.pass_to(DAY - 2_000, &CALM);
    world.refuses(&staker.execute(&world, true), HoldfastError::RequestNotDue);
}

/// One that lapsed long before a disruption is no exit without a cooldown once the chain is well again.
#[test]
fn a_lapsed_exit_does_not_come_back_to_life() {
    let (mut world, staker, shares) = lapsed();
    world.break_chain();
    world.observe().unwrap();
    // While it lasts, anybody may return it.
    let mut returned = world.fork();
    returned.send(staker.returned(&world, staker.shares));
    assert_eq!(returned.balance(&staker.shares), shares);
    while world.chain_health().monitor.state != State::Throttled as u8 {
        world.pass_to(5_000, &CALM);
    }
    world.refuses(&staker.execute(&world, true), HoldfastError::RequestLapsed);
    world.send(staker.cancel(&world, staker.shares));
    assert_eq!(world.balance(&staker.shares), shares);
}

/// What came in beside the first stakers' tokens is nobody's, also for leaving.
#[test]
fn whoever_stakes_first_does_not_leave_with_what_comes_in() {
    for stake in [1_000_000, 99_999_999] {
        let mut world = World::set_up(|_, _| ());
        world.lock();
        world.join_pool(false, LIQUIDITY, &CALM).unwrap();
        let first = Provider::new(&mut world, true, stake);
        first.join(&mut world, stake, &CALM);
        let vault = address::insurance_vault(&world.silo);
        world.give(&vault, INSURANCE);
        world.send(instruction::reconcile_vaults(world.silo));
        assert!(unstake(&mut world, &first) <= stake);
        assert!(world.silo_state().ledger.insurance >= INSURANCE, "the fund stays nobody's");
    }
}

/// Whoever closes with less than the spread costs loses what is left; insurance pays nobody's spread.
#[test]
fn the_spread_of_an_exit_is_nobodys_loss() {
    // A percent of spread.
    let mut world = World::with(|_, terms| terms.base_spread_ppm = 10_000);
    let size = 20_000_000;
    let trader = world.trader_with(600_000_000, &[(0, size)]);
    let account = world.account(&trader.account);
    // Half a percent is left at this price.
    let owed = account.positions[0].entry - account.collateral;
    let price = owed * 1_005 / 1_000 * 1_000_000 / size as u64;
    let before = world.silo_state().ledger;
    world.trade(&trader, 0, -size, &[price, BTC]).unwrap();
    let (account, after) = (world.account(&trader.account), world.silo_state().ledger);
    assert_eq!((account.open_markets, account.collateral, account.debt), (0, 0, 0));
    // Rounding a price costs a unit for a base unit.
    assert!(after.insurance + 20 >= before.insurance, "{after:?} after {before:?}");
}
