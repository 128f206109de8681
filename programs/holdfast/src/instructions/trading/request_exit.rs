use anchor_lang::prelude::*;
use holdfast_risk::Usd;

use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::ExitRequested;
use crate::state::{ChainHealth, MarginAccount, Silo};
use crate::tokens;

/// Accounts of `request_exit`.
#[derive(Accounts)]
pub struct RequestExit<'info> {
    /// Owns the account.
    pub owner: Signer<'info>,
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The account's silo.
    #[account(has_one = liquidity_vault @ HoldfastError::WrongVault)]
    pub silo: AccountLoader<'info, Silo>,
    /// The silo's vault, by its address.
    /// CHECK: equal to the vault in the exiting account's silo (`has_one = liquidity_vault`).
    pub liquidity_vault: UncheckedAccount<'info>,
    /// The account to take from.
    #[account(
        mut,
        has_one = silo @ HoldfastError::WrongSilo,
        has_one = owner @ HoldfastError::NotOwner,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
    /// Where the tokens will go; checked by `tokens::check_account`.
    /// CHECK: `tokens::check_account`: a token account of the silo's mint, not the vault.
    pub destination: UncheckedAccount<'info>,
}

/// Puts collateral of an account without positions and orders on its way out. It backs nothing from now
/// on, and nobody can take it but its owner. Profit that has to wait for a calmer chain to mature keeps
/// no collateral in.
pub fn request_exit(ctx: Context<RequestExit>, amount: u64) -> Result<()> {
    require!(amount > 0, HoldfastError::ZeroAmount);
    let accounts = &ctx.accounts;
    let mint = accounts.silo.load()?.mint;
    tokens::check_account(&accounts.destination, &mint, &accounts.liquidity_vault)?;
    let mut account = accounts.account.load_mut()?;
    require!(account.exit_amount == 0, HoldfastError::ExitWaiting);
    require!(account.is_flat(), HoldfastError::NotIdle);
    require!(amount <= account.collateral, HoldfastError::NotEnoughCollateral);
    let chain = Chain::guard(&*accounts.chain_health.load()?)?;
    account.collateral = Usd(account.collateral).minus(Usd(amount)).into_program_error()?.0;
    account.exit_amount = amount;
    account.exit_asked = amount;
    account.exit_ms = chain.now.0;
    account.exit_slot = chain.slot;
    account.exit_to = accounts.destination.key();
    emit!(ExitRequested {
        account: accounts.account.key(),
        amount,
        destination: account.exit_to,
        requested_ms: account.exit_ms,
    });
    Ok(())
}
