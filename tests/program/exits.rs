//! Exits: collateral that leaves while the chain recovers.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::{Instruction, address, instruction};
use holdfast_testkit::audit::Audit;
use holdfast_testkit::venue::market_order;
use holdfast_testkit::{Trader, tokens};
use solana_signer::Signer;

use crate::world::{CALM, World, stranger};

pub const MONEY: u64 = 1_000_000_000;
pub const HOUR: u64 = 3_600_000;

pub fn request(world: &World, trader: &Trader, amount: u64) -> Instruction {
    let owner = trader.keypair.pubkey();
    instruction::request_exit(owner, world.silo, trader.account, trader.wallet, amount)
}

pub fn pay(world: &World, trader: &Trader) -> Instruction {
    instruction::pay_exit(world.silo, trader.account, trader.wallet)
}

fn cancel(trader: &Trader) -> Instruction {
    instruction::cancel_exit(trader.keypair.pubkey(), trader.account)
}

/// In Shelter from now on: breaks come before it can end.
pub fn shelter_for(world: &mut World, ms: u64) {
    let until = world.cluster.now_ms() + ms;
    while world.cluster.now_ms() < until {
        world.break_chain();
        world.observe().unwrap();
        let left = until.saturating_sub(world.cluster.now_ms());
        world.watch(left.min(200_000)).unwrap();
        world.observe().unwrap();
    }
    assert_eq!(world.chain_health().monitor.state, 4);
}

#[test]
fn an_exit_is_paid_at_once_while_the_chain_is_trusted_by_anyone() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    world.send(request(&world, &trader, MONEY));
    let waiting = world.account(&trader.account);
    assert_eq!((waiting.collateral, waiting.exit_amount), (0, MONEY));
    assert_eq!(
        (waiting.exit_to, waiting.exit_ms),
        (trader.wallet, world.cluster.now_ms() / 1_000 * 1_000)
    );
    assert_eq!(Audit::new(&world, &[trader.account]), Audit::default());
    world.send(pay(&world, &trader));
    assert_eq!(tokens::balance(&world.cluster, &trader.wallet), MONEY);
    assert_eq!(Audit::new(&world, &[trader.account]), Audit::default());
    let close = instruction::close_margin_account(trader.keypair.pubkey(), trader.account);
    world.send(close);
}

#[test]
pub(crate) fn in_shelter_each_hour_pays_a_tenth_and_a_day_everything() {
    let mut world = World::new();
    let (first, second) = (world.trader(MONEY).unwrap(), world.trader(MONEY).unwrap());
    world.break_chain();
    world.observe().unwrap();
    let withdraw = instruction::withdraw(
        first.keypair.pubkey(),
        world.silo,
        first.account,
        first.wallet,
        MONEY,
        &[],
    );
    world.refuses(&withdraw, HoldfastError::ExitsQueue);
    world.send(request(&world, &first, MONEY));
    world.send(request(&world, &second, MONEY));
    world.refuses(&pay(&world, &first), HoldfastError::OutflowLimit);
    shelter_for(&mut world, HOUR);
    world.send(pay(&world, &first));
    world.refuses(&pay(&world, &first), HoldfastError::OutflowLimit);
    shelter_for(&mut world, HOUR);
    // Whoever asked earlier or more often is no further.
    for trader in [&first, &second] {
        world.send(pay(&world, trader));
        let paid = tokens::balance(&world.cluster, &trader.wallet);
        assert!((0..1_000_000).contains(&(paid - MONEY * 19 / 100)), "{paid}");
    }
    shelter_for(&mut world, 22 * HOUR);
    for trader in [&first, &second] {
        world.send(pay(&world, trader));
        assert_eq!(tokens::balance(&world.cluster, &trader.wallet), MONEY);
        assert_eq!(world.account(&trader.account).exit_amount, 0);
    }
    assert_eq!(Audit::new(&world, &[first.account, second.account]), Audit::default());
}

#[test]
fn what_waits_backs_nothing_and_comes_back_when_cancelled() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    world.send(request(&world, &trader, MONEY - 10));
    let order = market_order(20_000_000, world.cluster.now_ms());
    let opened = world.place(&trader, 0, order).unwrap_err();
    assert!(opened.is(HoldfastError::BelowInitialMargin), "{}", opened.message);
    world.send(cancel(&trader));
    let back = world.account(&trader.account);
    assert_eq!((back.collateral, back.exit_amount), (MONEY, 0));
    world.trade(&trader, 0, 20_000_000, &CALM).unwrap();
    assert_eq!(Audit::new(&world, &[trader.account]), Audit::default());
}

#[test]
pub(crate) fn refusals() {
    let mut world = World::new();
    let trader = world.trader(MONEY).unwrap();
    world.refuses(&pay(&world, &trader), HoldfastError::NoExit);
    world.refuses(&cancel(&trader), HoldfastError::NoExit);
    world.refuses(&request(&world, &trader, 0), HoldfastError::ZeroAmount);
    for much in [MONEY + 1, u64::MAX] {
        world.refuses(&request(&world, &trader, much), HoldfastError::NotEnoughCollateral);
    }
    let foreign = world.in_second(|world| world.trader(0).unwrap());
    let replaced = |mut instruction: Instruction, slot: usize, address| {
        instruction.accounts[slot].pubkey = address;
        instruction
    };
    let sound = request(&world, &trader, MONEY / 2);
    let vault = address::liquidity_vault(&world.silo);
    world.refuses(&replaced(sound.clone(), 0, stranger()), HoldfastError::NotOwner);
    world.refuses(&replaced(sound.clone(), 4, foreign.account), HoldfastError::WrongSilo);
    for address in [vault, foreign.wallet, stranger()] {
        world.refuses(&replaced(sound.clone(), 5, address), HoldfastError::WrongTokenAccount);
    }
    world.refuses(&replaced(sound.clone(), 3, foreign.wallet), HoldfastError::WrongVault);
    // Nobody leaves with something open, waiting or maturing.
    for busy in [&[(0, 1_000_000)][..], &[]] {
        let other = world.trader_with(MONEY, busy);
        if busy.is_empty() {
            let order = market_order(1_000_000, world.cluster.now_ms());
            world.place(&other, 0, order).unwrap();
        }
        world.refuses(&request(&world, &other, 1), HoldfastError::NotIdle);
    }
    world.send(sound.clone());
    world.refuses(&sound, HoldfastError::ExitWaiting);
    world.refuses(&replaced(cancel(&trader), 0, stranger()), HoldfastError::NotOwner);
    let paying = pay(&world, &trader);
    world.refuses(&replaced(paying.clone(), 4, foreign.wallet), HoldfastError::WrongTokenAccount);
    let insurance = address::insurance_vault(&world.silo);
    world.refuses(&replaced(paying.clone(), 2, insurance), HoldfastError::WrongVault);
    world.refuses(&replaced(paying, 3, foreign.account), HoldfastError::WrongSilo);
}
