use anchor_lang::prelude::*;
use anchor_spl::token::Token;
use holdfast_risk::Usd;
use holdfast_risk::pool::PoolKind;

use crate::error::{HoldfastError, OrRefuse};
use crate::events::Deposited;
use crate::profile::stage;
use crate::state::{MarginAccount, Silo};
use crate::tokens;

/// Accounts of `deposit`. Anyone may add margin to any account.
#[derive(Accounts)]
pub struct Deposit<'info> {
    /// Signs for the tokens.
    pub authority: Signer<'info>,
    /// Where the tokens come from; the token program checks its mint and authority.
    /// CHECK: `token::transfer` refuses another mint, and an authority that may not spend it.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// The account's silo.
    #[account(mut, has_one = liquidity_vault @ HoldfastError::WrongVault)]
    pub silo: AccountLoader<'info, Silo>,
    /// The silo's vault, by its address.
    /// CHECK: equal to the vault in the silo deposited into (`has_one = liquidity_vault`).
    #[account(mut)]
    pub liquidity_vault: UncheckedAccount<'info>,
    /// The account to add to.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub account: AccountLoader<'info, MarginAccount>,
    /// The classic token program.
    pub token_program: Program<'info, Token>,
}

/// Adds collateral. It lowers the shortfall of a flagged account and clears a flag made good.
pub fn deposit(ctx: Context<Deposit>, amount: u64) -> Result<()> {
    stage!("accounts");
    require!(amount > 0, HoldfastError::ZeroAmount);
    let accounts = &ctx.accounts;
    tokens::take(&accounts.source, &accounts.liquidity_vault, &accounts.authority, amount)?;

    stage!("tokens");
    let mut silo = accounts.silo.load_mut()?;
    silo.require_locked()?;
    let mut account = accounts.account.load_mut()?;
    let add = |to: u64| Usd(to).plus(Usd(amount)).into_program_error();
    silo.ledger.collateral = add(silo.ledger.collateral)?.0;
    let counted = silo.add_to_vault(PoolKind::Liquidity, amount)?;
    account.collateral = add(account.collateral)?.0;
    account.top_up(amount);

    stage!("store");
    silo.invariant()?;
    tokens::check_vault(&accounts.liquidity_vault, counted)?;
    stage!("books");
    let key = accounts.account.key();
    emit!(Deposited { account: key, amount, collateral: account.collateral });
    stage!("event");
    Ok(())
}
