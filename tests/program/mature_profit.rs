//! `mature_profit`.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_risk::account::profit;
use holdfast_risk::{Bps, Usd};
use holdfast_testkit::Trader;
use solana_signer::Signer;

use crate::world::{BTC, World, stranger};

const RISEN: [u64; 2] = [170_000_000, BTC];

/// Someone whose profit is pending.
fn won(mut world: World) -> (World, Trader) {
    let trader = world.trader_with(1_000_000_000, &[(0, 10_000_000)]);
    world.pass_to(3_000, &RISEN);
    world.trade(&trader, 0, -10_000_000, &RISEN).unwrap();
    assert!(world.account(&trader.account).pending_profit > 100_000_000);
    (world, trader)
}

fn mature(world: &World, authority: Pubkey, trader: &Trader) -> Instruction {
    instruction::mature_profit(authority, world.silo, trader.account)
}

/// Five minutes, watched.
fn wait(world: &mut World) {
    for _ in 0..10 {
        world.pass_to(30_000, &RISEN);
    }
}

#[test]
pub(crate) fn profit_becomes_collateral_after_its_time() {
    let (mut world, trader) = won(World::new());
    let before = world.account(&trader.account);
    let ledger = world.silo_state().ledger;
    assert_eq!(ledger.pending_profit, before.pending_profit);
    let mature = mature(&world, stranger(), &trader);
    world.refuses(&mature, HoldfastError::NotMatured);
    world.watch(298_000).unwrap();
    world.refuses(&mature, HoldfastError::NotMatured);
    wait(&mut world);
    let vault = world.balance(&address::liquidity_vault(&world.silo));
    world.send(mature.clone());
    let after = world.account(&trader.account);
    assert_eq!(after.collateral, before.collateral + before.pending_profit);
    assert_eq!(after.pending_profit, 0);
    let settled = world.silo_state().ledger;
    assert_eq!(settled.collateral, ledger.collateral + before.pending_profit);
    assert_eq!(settled.liquidity, ledger.liquidity - before.pending_profit);
    assert_eq!(settled.pending_profit, 0);
    assert_eq!(world.balance(&address::liquidity_vault(&world.silo)), vault);
    world.refuses(&mature, HoldfastError::NotMatured);
}

#[test]
pub(crate) fn what_the_pool_cannot_pay_is_cut_by_the_owner_alone() {
    // One basis point of a million is payable: less than the profit of 198 or so.
    let (mut world, trader) = won(World::with(|silo, _| silo.payable_share_bps = 1));
    wait(&mut world);
    let (before, ledger) = (world.account(&trader.account), world.silo_state().ledger);
    let pending = Usd(before.pending_profit);
    let paid = profit::matured(pending, pending, Usd(ledger.liquidity), Bps(1)).unwrap();
    assert!(paid < pending && paid.0 > 99_000_000);
    for authority in [stranger(), world.admin.pubkey()] {
        world.refuses(&mature(&world, authority, &trader), HoldfastError::ProfitCut);
    }
    world.send(mature(&world, trader.keypair.pubkey(), &trader));
    let after = world.account(&trader.account);
    assert_eq!(after.collateral, before.collateral + paid.0);
    assert_eq!(after.pending_profit, 0);
    assert_eq!(world.silo_state().ledger.liquidity, ledger.liquidity - paid.0);
}

#[test]
fn once_the_pool_can_pay_anyone_may_mature() {
    let (mut world, trader) = won(World::with(|silo, _| silo.payable_share_bps = 1));
    wait(&mut world);
    let mut silo = world.silo_state();
    let rich = silo.ledger.liquidity;
    silo.ledger.liquidity += 1_000_000_000_000;
    silo.ledger.in_liquidity_vault += 1_000_000_000_000;
    world.put(&silo);
    let pending = world.account(&trader.account).pending_profit;
    world.send(mature(&world, stranger(), &trader));
    assert_eq!(world.silo_state().ledger.liquidity, rich + 1_000_000_000_000 - pending);
}

#[test]
pub(crate) fn refusals() {
    let (mut world, trader) = won(World::new());
    wait(&mut world);
    let foreign = world.in_second(|world| world.trader(0).unwrap());
    let crossed = mature(&world, stranger(), &foreign);
    world.refuses(&crossed, HoldfastError::WrongSilo);
    let none = world.trader(1).unwrap();
    let none = mature(&world, stranger(), &none);
    world.refuses(&none, HoldfastError::NotMatured);
    world.break_chain();
    let mature = mature(&world, stranger(), &trader);
    world.refuses(&mature, HoldfastError::ChainNotReady);
}
