use anchor_lang::prelude::*;
use anchor_spl::token::{Token, accessor};
use holdfast_risk::pool::PoolKind;

use crate::checks::pool::{InLine, in_line};
use crate::error::HoldfastError;
use crate::events::VaultsReconciled;
use crate::state::Silo;
use crate::tokens;

/// The pools, in the order in which the accounts name their vaults.
const KINDS: [PoolKind; 2] = [PoolKind::Liquidity, PoolKind::Insurance];

/// Accounts of `reconcile_vaults`. Anyone may call it.
#[derive(Accounts)]
pub struct ReconcileVaults<'info> {
    /// The silo.
    #[account(
        mut,
        has_one = liquidity_vault @ HoldfastError::WrongVault,
        has_one = insurance_vault @ HoldfastError::WrongVault,
    )]
    pub silo: AccountLoader<'info, Silo>,
    /// The silo's vault, by its address.
    /// CHECK: equal to the liquidity vault in the reconciled silo (`has_one`).
    #[account(mut)]
    pub liquidity_vault: UncheckedAccount<'info>,
    /// The silo's vault, by its address.
    /// CHECK: equal to the insurance vault in the reconciled silo (`has_one`).
    #[account(mut)]
    pub insurance_vault: UncheckedAccount<'info>,
    /// The classic token program.
    pub token_program: Program<'info, Token>,
}

/// Brings the vaults in line with the ledger: donations join the insurance fund, and what fees,
/// penalties and bad debt moved between the pools on paper moves between the vaults. Where they are in
/// line it does nothing, so that it can stand in front of any instruction that pays out.
pub fn reconcile_vaults(ctx: Context<ReconcileVaults>) -> Result<()> {
    let accounts = &ctx.accounts;
    let mut silo = accounts.silo.load_mut()?;
    let vaults = [&accounts.liquidity_vault, &accounts.insurance_vault];
    let mut extra = [0; 2];
    for (extra, (vault, kind)) in extra.iter_mut().zip(vaults.into_iter().zip(KINDS)) {
        tokens::check_vault(vault, silo.must_hold(kind))?;
        *extra = accessor::amount(vault)?.saturating_sub(silo.counted(kind));
    }
    let found = in_line(&silo.ledger, extra)?;
    if found.is_nothing() {
        return Ok(());
    }
    let InLine { insurance, in_liquidity_vault, surplus, moved } = found;
    let ledger = &mut silo.ledger;
    ledger.insurance = insurance.0;
    ledger.in_insurance_vault = insurance.0;
    ledger.in_liquidity_vault = in_liquidity_vault.0;
    silo.invariant()?;
    let signer = tokens::SiloSigner::new(&silo);
    drop(silo);
    let (from, to) = if moved.0 > 0 {
        (&accounts.liquidity_vault, &accounts.insurance_vault)
    } else {
        (&accounts.insurance_vault, &accounts.liquidity_vault)
    };
    if moved.0 != 0 {
        tokens::pay(from, to, accounts.silo.as_ref(), &signer, moved.0.unsigned_abs())?;
    }
    let key = accounts.silo.key();
    emit!(VaultsReconciled { silo: key, surplus: surplus.0, moved: moved.0 });
    Ok(())
}
