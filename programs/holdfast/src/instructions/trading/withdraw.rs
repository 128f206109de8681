use anchor_lang::prelude::*;
use anchor_spl::token::Token;
use holdfast_risk::Usd;
use holdfast_risk::chain::policy::{Action, Permit};

use crate::account_health::{FollowingMarkets, Purpose, compute_account_health};
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::Withdrawn;
use crate::state::{ChainHealth, MarginAccount, Silo};
use crate::tokens;

/// Accounts of `withdraw`; the markets of all open positions follow, in rising index order.
#[derive(Accounts)]
pub struct Withdraw<'info> {
    /// Owns the account.
    pub owner: Signer<'info>,
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The account's silo.
    #[account(mut, has_one = liquidity_vault @ HoldfastError::WrongVault)]
    pub silo: AccountLoader<'info, Silo>,
    /// The silo's vault, by its address.
    /// CHECK: equal to the vault in the silo withdrawn from (`has_one = liquidity_vault`).
    #[account(mut)]
    pub liquidity_vault: UncheckedAccount<'info>,
    /// The account to take from.
    #[account(
        mut,
        has_one = silo @ HoldfastError::WrongSilo,
        has_one = owner @ HoldfastError::NotOwner,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
    /// Where the tokens go; the token program checks its mint.
    /// CHECK: not the vault (`constraint`); `token::transfer` refuses another mint or program.
    #[account(
        mut,
        constraint = destination.key() != liquidity_vault.key() @ HoldfastError::WrongTokenAccount,
    )]
    pub destination: UncheckedAccount<'info>,
    /// The classic token program.
    pub token_program: Program<'info, Token>,
}

/// Takes collateral out, as far as initial margin is met without unrealised gains.
pub fn withdraw<'info>(ctx: Context<'info, Withdraw<'info>>, amount: u64) -> Result<()> {
    require!(amount > 0, HoldfastError::ZeroAmount);
    let accounts = &ctx.accounts;
    let mut silo = accounts.silo.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    require!(amount <= account.collateral, HoldfastError::NotEnoughCollateral);
    let chain = Chain::guard(&*accounts.chain_health.load()?)?;
    let action = if account.is_idle() { Action::WithdrawIdle } else { Action::WithdrawFree };
    let permit = chain.require(action)?;
    require!(permit != Permit::Queued, HoldfastError::ExitsQueue);
    let mut following = FollowingMarkets::new(ctx.remaining_accounts, &account.silo);
    let mut health = compute_account_health(
        &account,
        &account.balances(),
        None,
        &chain,
        Purpose::Margin(permit),
        |index| following.next(index),
        |_, _| (),
    )?;
    following.finish()?;
    health.initial = health.initial.plus(Usd(account.reserved_margin)).into_program_error()?;
    let free = health.withdrawable(Usd(account.collateral));
    require!(amount <= free.0, HoldfastError::BelowInitialMargin);

    let subtract = |from: u64| Usd(from).minus(Usd(amount)).into_program_error();
    account.collateral = subtract(account.collateral)?.0;
    account.clear_flag();
    silo.ledger.collateral = subtract(silo.ledger.collateral)?.0;
    let counted = silo.take_from_vault(holdfast_risk::pool::PoolKind::Liquidity, amount)?;
    silo.invariant()?;
    let signer = tokens::SiloSigner::new(&silo);
    let collateral = account.collateral;
    drop((silo, account));
    tokens::pay(
        &accounts.liquidity_vault,
        &accounts.destination,
        accounts.silo.as_ref(),
        &signer,
        amount,
    )?;
    tokens::check_vault(&accounts.liquidity_vault, counted)?;
    emit!(Withdrawn { account: accounts.account.key(), amount, collateral });
    Ok(())
}
