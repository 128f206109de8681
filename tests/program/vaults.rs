//! `collect_fees` and `reconcile_vaults`.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::{address, instruction};
use solana_signer::Signer;

use crate::pool::Provider;
use crate::world::{CALM, INSURANCE, LIQUIDITY, World, stranger};

/// Fees of a trade are waiting: protocol's and insurance's.
fn traded() -> World {
    let mut world = World::new();
    world.trader_with(1_000_000_000, &[(0, 10_000_000)]);
    world
}

#[test]
pub(crate) fn fees_go_to_the_receiver() {
    let mut world = traded();
    let admin = world.admin.pubkey();
    let receiver = world.token_account("fees", world.mint, admin, 5);
    let collect = instruction::collect_fees(world.silo, receiver);
    // A tenth of six basis points of ten at 150.03015.
    let fees = 90_018;
    assert_eq!(world.silo_state().ledger.protocol, fees);
    let vault = address::liquidity_vault(&world.silo);
    let before = world.balance(&vault);
    world.send(collect.clone());
    assert_eq!(world.balance(&receiver), 5 + fees);
    assert_eq!(world.balance(&vault), before - fees);
    let ledger = world.silo_state().ledger;
    assert_eq!((ledger.protocol, ledger.in_liquidity_vault), (0, before - fees));
    world.refuses(&collect, HoldfastError::NothingToMove);
}

#[test]
pub(crate) fn fees_go_to_nobody_else() {
    let mut world = traded();
    let admin = world.admin.pubkey();
    let others = [
        world.token_account("thief", world.mint, stranger(), 0),
        world.token_account("other mint", world.second.mint, admin, 0),
        address::liquidity_vault(&world.silo),
        address::insurance_vault(&world.silo),
        world.mint,
        world.silo,
        stranger(),
    ];
    for destination in others {
        let collect = instruction::collect_fees(world.silo, destination);
        world.refuses(&collect, HoldfastError::WrongTokenAccount);
    }
    let receiver = world.token_account("fees", world.mint, admin, 0);
    let mut collect = instruction::collect_fees(world.silo, receiver);
    collect.accounts[2].pubkey = address::insurance_vault(&world.silo);
    world.refuses(&collect, HoldfastError::WrongVault);
    // All there is waits in the other vault.
    let mut silo = world.silo_state();
    silo.ledger.in_insurance_vault += silo.ledger.in_liquidity_vault;
    silo.ledger.in_liquidity_vault = 0;
    world.put(&silo);
    let collect = instruction::collect_fees(world.silo, receiver);
    world.refuses(&collect, HoldfastError::ReconcileFirst);
}

/// Whoever asks to join the insurance fund and takes it back moves nothing between the vaults.
#[test]
fn deposits_for_both_pools_wait_in_the_liquidity_vault() {
    let mut world = World::new();
    let vaults = [address::liquidity_vault(&world.silo), address::insurance_vault(&world.silo)];
    let staker = Provider::new(&mut world, true, LIQUIDITY);
    let held = |world: &World| vaults.map(|vault| world.balance(&vault));
    let before = held(&world);
    world.send(staker.request(&world, false, LIQUIDITY, 1));
    assert_eq!(held(&world), [before[0] + LIQUIDITY, before[1]]);
    // Not even when somebody reconciles meanwhile.
    world.send(instruction::reconcile_vaults(world.silo));
    world.send(staker.cancel(&world, staker.money));
    assert_eq!(held(&world), before);
    world.send(staker.request(&world, false, LIQUIDITY, 1));
    staker.wait(&mut world, &CALM);
    world.send(staker.execute(&world, false));
    assert_eq!(world.silo_state().ledger.insurance, INSURANCE + LIQUIDITY);
    world.send(instruction::reconcile_vaults(world.silo));
    assert_eq!(held(&world), [before[0], before[1] + LIQUIDITY]);
}

#[test]
pub(crate) fn vaults_follow_the_ledger() {
    let mut world = World::new();
    let reconcile = instruction::reconcile_vaults(world.silo);
    let does_nothing = |world: &mut World| {
        let before = bytemuck::bytes_of(&world.silo_state()).to_vec();
        world.send(reconcile.clone());
        assert_eq!(bytemuck::bytes_of(&world.silo_state()), before);
    };
    does_nothing(&mut world);
    world.trader_with(1_000_000_000, &[(0, 10_000_000)]);
    let vaults = [address::liquidity_vault(&world.silo), address::insurance_vault(&world.silo)];
    let held = |world: &World| vaults.map(|vault| world.balance(&vault));
    assert_eq!(held(&world), [LIQUIDITY + 1_000_000_000, INSURANCE]);
    // A fifth of the fee is insurance's.
    let earned = 180_036;
    world.send(reconcile.clone());
    assert_eq!(held(&world), [LIQUIDITY + 1_000_000_000 - earned, INSURANCE + earned]);
    does_nothing(&mut world);
    // Gifts to either vault join the insurance fund.
    world.give(&vaults[0], 7);
    world.give(&vaults[1], 11);
    let before = world.silo_state().ledger;
    world.send(reconcile.clone());
    let after = world.silo_state().ledger;
    assert_eq!(after.insurance, before.insurance + 18);
    assert_eq!(after.in_insurance_vault, after.insurance);
    assert_eq!(held(&world), [after.in_liquidity_vault, after.in_insurance_vault]);
    // And back, after a loss that insurance paid.
    let mut silo = world.silo_state();
    silo.ledger.insurance -= 1_000;
    silo.ledger.liquidity += 1_000;
    world.put(&silo);
    world.send(reconcile.clone());
    assert_eq!(held(&world)[1], after.insurance - 1_000);
    assert_eq!(world.silo_state().ledger.in_insurance_vault, after.insurance - 1_000);

    for slot in [1, 2] {
        let mut swapped = reconcile.clone();
        swapped.accounts[slot].pubkey = vaults[2 - slot];
        world.refuses(&swapped, HoldfastError::WrongVault);
    }
}
