//! `deposit`.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::{address, instruction};
use solana_signer::Signer;

use crate::world::{
    CALM, INSURANCE, LIQUIDITY, TOKEN_MINT_MISMATCH, TOKEN_OWNER_MISMATCH, TOKENS_MISSING, World,
    stranger,
};

#[test]
fn a_deposit_moves_tokens_to_the_unit() {
    let mut world = World::new();
    let trader = world.trader(0).unwrap();
    let (giver, wallet) = world.person(1_000);
    let (giver, vault) = (giver.pubkey(), address::liquidity_vault(&world.silo));
    let before = world.silo_state().ledger;
    for (amount, collateral) in [(1, 1), (999, 1_000)] {
        let deposit = instruction::deposit(giver, wallet, world.silo, trader.account, amount);
        world.send(deposit);
        assert_eq!(world.account(&trader.account).collateral, collateral);
        let ledger = world.silo_state().ledger;
        assert_eq!(ledger.collateral, before.collateral + collateral);
        assert_eq!(ledger.in_liquidity_vault, LIQUIDITY + collateral);
        assert_eq!(ledger.in_insurance_vault, INSURANCE);
        assert_eq!(world.balance(&vault), LIQUIDITY + collateral);
        assert_eq!(world.balance(&wallet), 1_000 - collateral);
    }
}

#[test]
fn a_deposit_makes_a_flag_good_bit_by_bit() {
    let mut world = World::new();
    let trader = world.trader_with(600_000_000, &[(0, 20_000_000)]);
    world.pass_to(1_000, &[125_000_000, CALM[1]]);
    let markets = world.markets_of(&trader.account, None);
    world.send(instruction::flag(trader.account, &markets));
    let flagged = world.account(&trader.account);
    assert!(flagged.flagged_ms > 0 && flagged.shortfall > 1);
    let (giver, wallet) = world.person(flagged.shortfall);
    let silo = world.silo;
    let deposit =
        |amount| instruction::deposit(giver.pubkey(), wallet, silo, trader.account, amount);
    world.send(deposit(flagged.shortfall - 1));
    let almost = world.account(&trader.account);
    assert_eq!((almost.flagged_ms, almost.shortfall), (flagged.flagged_ms, 1));
    world.send(deposit(1));
    let safe = world.account(&trader.account);
    assert_eq!((safe.flagged_ms, safe.shortfall), (0, 0));
}

#[test]
pub(crate) fn refusals() {
    let mut world = World::new();
    let trader = world.trader(0).unwrap();
    let (giver, wallet) = world.person(1_000);
    let giver = giver.pubkey();
    let silo = world.silo;
    let deposit = |amount| instruction::deposit(giver, wallet, silo, trader.account, amount);
    world.refuses(&deposit(0), HoldfastError::ZeroAmount);
    world.other_refuses(&deposit(1_001), TOKENS_MISSING);
    world.other_refuses(&deposit(u64::MAX), TOKENS_MISSING);
    let unsigned = instruction::deposit(stranger(), wallet, silo, trader.account, 1);
    world.other_refuses(&unsigned, TOKEN_OWNER_MISMATCH);

    let elsewhere = world.token_account("foreign", world.second.mint, giver, 1_000);
    let foreign = instruction::deposit(giver, elsewhere, silo, trader.account, 1);
    world.other_refuses(&foreign, TOKEN_MINT_MISMATCH);
    let mut insured = deposit(1);
    insured.accounts[3].pubkey = address::insurance_vault(&silo);
    world.refuses(&insured, HoldfastError::WrongVault);
    let other = world.in_second(|world| world.trader(0).unwrap());
    let crossed = instruction::deposit(giver, wallet, silo, other.account, 1);
    world.refuses(&crossed, HoldfastError::WrongSilo);
}
