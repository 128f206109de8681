//! Exits while the chain recovers: nobody's traffic, and no legal setting, keeps anybody in.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger, PoolOrder};
use holdfast_client::holdfast::state::SiloTermsState;
use holdfast_client::{address, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::audit::Audit;
use holdfast_testkit::venue::market_order;
use holdfast_testkit::{Trader, tokens};
use solana_signer::Signer;

use super::owner;
use crate::exits::{HOUR, MONEY, pay, request, shelter_for};
use crate::pool::Provider;
use crate::world::{CALM, LIQUIDITY, SOL, World};

fn held(world: &World, trader: &Trader) -> u64 {
    tokens::balance(&world.cluster, &trader.wallet)
}

fn break_chain(world: &mut World) {
    world.break_chain();
    world.observe().unwrap();
}

#[test]
fn traffic_in_normal_does_not_lower_what_shelter_pays() {
    let mut world = World::new();
    let victim = world.trader(MONEY).unwrap();
    let crowd = world.trader(20 * MONEY).unwrap();
    world.send(request(&world, &victim, MONEY));
    world.send(request(&world, &crowd, 20 * MONEY));
    world.send(pay(&world, &crowd));
    break_chain(&mut world);
    shelter_for(&mut world, HOUR);
    world.send(pay(&world, &victim));
    assert!(held(&world, &victim) >= MONEY / 10, "{}", held(&world, &victim));
}

/// Money that is borrowed for one transaction goes into the insurance fund's queue and out again. What
/// traders are paid from is where it was.
#[test]
fn nobody_empties_the_liquidity_vault_through_the_queue() {
    let mut world = World::new();
    let (trader, leaving) = (world.trader(MONEY).unwrap(), world.trader(MONEY).unwrap());
    world.send(request(&world, &leaving, MONEY));
    let held_back = world.silo_state().ledger.in_liquidity_vault;
    let (attacker, money) = world.person(held_back);
    let mint = address::insurance_mint(&world.silo);
    let shares = world.token_account("attacker", mint, attacker.pubkey(), 0);
    let (thief, silo) = (attacker.pubkey(), world.silo);
    let order = PoolOrder { insurance: true, leaves: false, amount: held_back, least: 1 };
    let asks = instruction::request_pool(thief, silo, 0, money, shares, order);
    let queued = address::pool_request(&silo, &thief, 0);
    let takes_back = instruction::cancel_pool_request(thief, silo, queued, money, true);
    world.cluster.send(&[asks, takes_back], &[&attacker]).unwrap();
    assert_eq!(world.balance(&money), held_back);
    assert_eq!(world.silo_state().ledger.in_liquidity_vault, held_back);
    let (account, wallet) = (trader.account, trader.wallet);
    world.send(instruction::withdraw(owner(&trader), silo, account, wallet, MONEY, &[]));
    world.send(pay(&world, &leaving));
    assert_eq!((held(&world, &trader), held(&world, &leaving)), (MONEY, MONEY));
}

#[test]
fn nobody_takes_each_hours_payments_by_asking_again() {
    let mut world = World::new();
    let (victim, whale) = (world.trader(MONEY).unwrap(), world.trader(20 * MONEY).unwrap());
    break_chain(&mut world);
    world.send(request(&world, &victim, MONEY));
    for hour in 1..=3_u32 {
        world.send(request(&world, &whale, world.account(&whale.account).collateral));
        shelter_for(&mut world, HOUR);
        world.send(pay(&world, &whale));
        let back = held(&world, &whale);
        let (silo, account) = (world.silo, whale.account);
        world.send(instruction::deposit(owner(&whale), whale.wallet, silo, account, back));
        world.send(instruction::cancel_exit(owner(&whale), account));
        world.send(pay(&world, &victim));
        let left = (0..hour).fold(MONEY, |left, _| left - left / 10);
        assert!(held(&world, &victim) >= MONEY - left, "hour {hour}: {}", held(&world, &victim));
    }
    assert_eq!(Audit::new(&world, &[victim.account, whale.account]), Audit::default());
}

#[test]
fn a_destination_that_is_gone_keeps_nobody_in() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    world.send(request(&world, &trader, MONEY));
    let gone = solana_account::Account::default();
    world.cluster.set(trader.wallet, gone);
    world.fails(&pay(&world, &trader));
    world.send(instruction::cancel_exit(owner(&trader), trader.account));
    let other = world.token_account("other", world.mint, owner(&trader), 0);
    let (silo, account) = (world.silo, trader.account);
    world.send(instruction::request_exit(owner(&trader), silo, account, other, MONEY));
    world.send(instruction::pay_exit(silo, account, other));
    assert_eq!(world.balance(&other), MONEY);
    world.send(instruction::close_margin_account(owner(&trader), account));
}

/// Whoever wants to keep somebody in sets off their order again and again, and adds dust to what they
/// have. Neither lasts.
#[test]
fn nobody_is_kept_in_by_what_others_do_to_an_account() {
    let mut world = World::new();
    let trader = world.trader_with(10 * MONEY, &[(0, 10_000_000)]);
    let (account, silo, market) = (trader.account, world.silo, world.markets[0]);
    // A sell that any price sets off, and that none meets.
    let never = OrderRequest {
        trigger: OrderTrigger::AtOrAbove { price: 1 },
        effect: OrderEffect::Reduce,
        limit: SOL * 10,
        ..market_order(-10_000_000, world.cluster.now_ms())
    };
    let number = world.place(&trader, 0, never).unwrap();
    let trigger = instruction::trigger_order(account, market, number);
    let cancel = instruction::cancel_order(owner(&trader), account, market, number);
    let payer = world.admin.pubkey();
    let (mut triggered, mut refused, mut longest) = (0, 0, 0);
    for _ in 0..60 {
        world.pass_to(1_000, &CALM);
        let can = |world: &World, what| world.cluster.simulate(&[what], &payer).is_ok();
        if can(&world, trigger.clone()) {
            world.send(trigger.clone());
            triggered += 1;
        }
        refused = if can(&world, cancel.clone()) { 0 } else { refused + 1 };
        longest = longest.max(refused);
    }
    assert!(triggered > 3 && longest > 0, "{triggered} times, for {longest} s");
    assert!(longest <= 12, "nothing sticks: {longest} s");
    // Without its position the order waits for nothing.
    world.trade(&trader, 0, -10_000_000, &CALM).unwrap();
    world.send(cancel);
    let (giver, wallet) = world.person(1);
    world.send(instruction::deposit(giver.pubkey(), wallet, silo, account, 1));
    let close = instruction::close_margin_account(owner(&trader), account);
    world.refuses(&close, HoldfastError::AccountNotEmpty);
    let all = world.account(&account).collateral;
    let leave = instruction::withdraw(owner(&trader), silo, account, trader.wallet, all, &[]);
    let signer = trader.keypair.insecure_clone();
    world.cluster.send(&[leave, close], &[&signer]).unwrap();
    assert_eq!(held(&world, &trader), all);
}

/// Every combination of the extremes that decide who can leave when.
fn corners() -> Vec<SiloTermsState> {
    let mut corners = vec![presets::silo()];
    let extremes: [fn(&mut SiloTermsState, bool); 6] = [
        |terms, most| terms.payable_share_bps = if most { 10_000 } else { 1_000 },
        |terms, most| terms.utilisation_bps = if most { 50_000 } else { 10_000 },
        |terms, most| terms.maturity_ms = if most { 86_400_000 } else { 1 },
        |terms, most| terms.request_delay_ms = if most { 3_600_000 } else { 5_000 },
        |terms, most| {
            (terms.insurance_share_bps, terms.protocol_share_bps) =
                if most { (10_000, 0) } else { (0, 10_000) };
        },
        |terms, most| {
            (terms.outage_reserve_bps, terms.epoch_cap_bps) =
                if most { (9_000, 10_000) } else { (0, 0) };
        },
    ];
    for set in extremes {
        let both = corners.iter().flat_map(|terms| {
            [false, true].map(|most| {
                let mut corner = *terms;
                set(&mut corner, most);
                corner
            })
        });
        corners = both.collect();
    }
    corners
}

#[test]
fn everybody_leaves_under_every_legal_setting() {
    let world = World::new();
    let corners = corners();
    assert_eq!(corners.len(), 64);
    for terms in corners {
        assert!(terms.check().is_ok(), "{terms:?}");
        let mut world = world.fork();
        let mut silo = world.silo_state();
        silo.terms = terms;
        world.put(&silo);
        leave(&mut world, &terms);
    }
}

/// Somebody provides, somebody wins from them, and both go.
fn leave(world: &mut World, terms: &SiloTermsState) {
    let (delay, calm) = (terms.request_delay_ms + 1_000, CALM);
    let provider = Provider::new(world, false, LIQUIDITY);
    world.send(provider.request(world, false, LIQUIDITY, 1));
    world.pass_to(delay, &calm);
    world.send(provider.execute(world, false));
    let trader = world.trader_with(MONEY * 10, &[(0, 40_000_000)]);
    let risen = [SOL * 120 / 100, calm[1]];
    world.pass_to(3_000, &risen);
    world.trade(&trader, 0, -40_000_000, &risen).unwrap();
    assert!(world.account(&trader.account).pending_profit > 0);

    world.pass_to(terms.maturity_ms + 1_000, &risen);
    let silo = world.silo;
    world.send(instruction::mature_profit(owner(&trader), silo, trader.account));
    let all = world.account(&trader.account).collateral;
    world.send(request(world, &trader, all));
    world.send(pay(world, &trader));
    assert_eq!(held(world, &trader), all);

    let shares = world.balance(&provider.shares);
    world.send(provider.request(world, true, shares, 1));
    world.pass_to(delay, &risen);
    // What fees and losses moved between the pools may still lie in the other vault.
    world.send(instruction::reconcile_vaults(silo));
    world.send(provider.execute(world, true));
    assert!(world.balance(&provider.money) > LIQUIDITY * 99 / 100);
}

/// Profit that a disturbed chain lets nobody mature, however little, is no lock on the collateral beside it.
#[test]
fn profit_that_cannot_mature_keeps_no_collateral_in() {
    let mut world = World::new();
    let trader = world.trader_with(MONEY, &[(0, 1_000_000)]);
    let higher = [SOL + SOL / 50, CALM[1]];
    world.pass_to(5_000, &higher);
    world.trade(&trader, 0, -1_000_000, &higher).unwrap();
    let closed = world.account(&trader.account);
    assert!(closed.pending_profit > 0 && closed.open_markets == 0);
    break_chain(&mut world);
    world.send(request(&world, &trader, closed.collateral));
    shelter_for(&mut world, 2 * HOUR);
    world.send(pay(&world, &trader));
    assert!(held(&world, &trader) >= closed.collateral / 6);
    assert_eq!(world.account(&trader.account).pending_profit, closed.pending_profit);
    assert_eq!(Audit::new(&world, &[trader.account]), Audit::default());
}

/// Hours that turn out to have passed before the exit was asked for, because the clock was behind, are not
/// waited: what passes in a slot counts for no more than ten seconds.
#[test]
fn a_halt_that_was_hidden_when_an_exit_was_asked_for_is_not_waited() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    break_chain(&mut world);
    world.send(request(&world, &trader, MONEY));
    world.cluster.advance(19 * HOUR, 1, 1);
    world.observe().unwrap();
    world.send(pay(&world, &trader));
    assert!(held(&world, &trader) <= MONEY / 3_600, "{}", held(&world, &trader));
    shelter_for(&mut world, HOUR);
    world.send(pay(&world, &trader));
    assert!(held(&world, &trader) >= MONEY / 10, "{}", held(&world, &trader));
}
