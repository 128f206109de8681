//! Books that do not add up, which no instruction can produce: written into the accounts, so that
//! the checks at the end of instructions are seen to work.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest};
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{Instruction, instruction};
use holdfast_testkit::{Trader, tokens};
use solana_signer::Signer;

use crate::pool::Provider;
use crate::world::{CALM, World, stranger};

fn deposit(world: &World, trader: &Trader) -> Instruction {
    let owner = trader.keypair.pubkey();
    instruction::deposit(owner, trader.wallet, world.silo, trader.account, 1)
}

fn world() -> (World, Trader) {
    let mut world = World::new();
    let trader = world.trader(1_000).unwrap();
    let (mint, owner) = (world.mint, trader.keypair.pubkey());
    tokens::create_token_account(&mut world.cluster, trader.wallet, mint, owner, 10);
    (world, trader)
}

#[test]
pub(crate) fn a_ledger_whose_parts_do_not_sum() {
    let (mut world, trader) = world();
    let sound = world.silo_state();
    let mut silo = sound;
    silo.ledger.liquidity += 1;
    world.put(&silo);
    world.refuses(&deposit(&world, &trader), HoldfastError::LedgerBroken);
    world.put(&sound);
    world.send(deposit(&world, &trader));
}

#[test]
pub(crate) fn a_vault_that_holds_too_little() {
    let (mut world, trader) = world();
    let mut silo = world.silo_state();
    silo.ledger.liquidity += 1;
    silo.ledger.in_liquidity_vault += 1;
    world.put(&silo);
    world.refuses(&deposit(&world, &trader), HoldfastError::VaultShort);
}

/// Whoever shares in a pool, or in its fees, does not leave before it is proved that its vault is short.
#[test]
fn nobody_is_paid_from_a_vault_that_is_short() {
    for insurance in [false, true] {
        let mut world = World::new();
        world.trader_with(1_000_000_000, &[(0, 10_000_000)]);
        let provider = Provider::new(&mut world, insurance, 1_000_000_000);
        provider.join(&mut world, 1_000_000_000, &CALM);
        let shares = world.balance(&provider.shares);
        world.send(provider.request(&world, true, shares, 1));
        provider.wait(&mut world, &CALM);
        let leaves = provider.execute(&world, true);
        sent_only_in_full(&mut world, insurance, &leaves);
    }
    let mut world = World::new();
    world.trader_with(1_000_000_000, &[(0, 10_000_000)]);
    let admin = world.admin.pubkey();
    let receiver = world.token_account("fees", world.mint, admin, 0);
    let collects = instruction::collect_fees(world.silo, receiver);
    sent_only_in_full(&mut world, false, &collects);
}

/// Sends what is refused as long as the vault lacks a unit.
fn sent_only_in_full(world: &mut World, insurance: bool, pays: &Instruction) {
    let sound = world.silo_state();
    let mut short = sound;
    let ledger = &mut short.ledger;
    let (part, counted) = if insurance {
        (&mut ledger.insurance, &mut ledger.in_insurance_vault)
    } else {
        (&mut ledger.liquidity, &mut ledger.in_liquidity_vault)
    };
    (*part, *counted) = (*part + 1, *counted + 1);
    world.put(&short);
    world.refuses(pays, HoldfastError::VaultShort);
    world.put(&sound);
    world.send(pays.clone());
}

#[test]
pub(crate) fn an_account_that_contradicts_itself() {
    let (mut world, trader) = world();
    let sound = world.account(&trader.account);
    let broken: [fn(&mut MarginAccount); 4] = [
        |account| account.open_markets = 1,
        |account| account.positions[3].size = 1,
        |account| account.reserved_fees = 1,
        |account| account.debt = 1,
    ];
    for break_it in broken {
        let mut account = sound;
        break_it(&mut account);
        world.cluster.write(trader.account, &account);
        let request = OrderRequest {
            effect: OrderEffect::Reduce,
            ..holdfast_testkit::venue::market_order(1_000_000, world.cluster.now_ms())
        };
        let (owner, market) = (trader.keypair.pubkey(), world.markets[0]);
        let place = instruction::place_order(owner, trader.account, market, request, &[]);
        world.refuses(&place, HoldfastError::AccountBroken);
    }
}

/// What the checks at the end of an instruction refuse, anybody proves in one transaction: from then on
/// nothing opens, and what was refused before goes on.
#[test]
pub(crate) fn they_trip_in_one_transaction() {
    let (world, trader) = world();
    let sound = world.silo_state();
    let (mut unbacked, mut short) = (sound, sound);
    unbacked.ledger.liquidity += 1;
    short.ledger.liquidity += 1;
    short.ledger.in_liquidity_vault += 1;
    for broken in [unbacked, short] {
        let mut world = world.fork();
        world.put(&broken);
        world.fails(&deposit(&world, &trader));
        let trip = instruction::trip_fuse(world.silo, None);
        world.cluster.send_unsigned(&[trip], &stranger()).unwrap();
        world.send(deposit(&world, &trader));
        let (silo, account) = (world.silo, trader.account);
        let mature = instruction::mature_profit(stranger(), silo, account);
        world.refuses(&mature, HoldfastError::FuseBlown);
    }
}
