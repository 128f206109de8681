use anchor_lang::prelude::*;

use crate::error::HoldfastError;
use crate::events::AccountClosed;
use crate::state::MarginAccount;

/// Accounts of `close_margin_account`.
#[derive(Accounts)]
pub struct CloseMarginAccount<'info> {
    /// Owns the account and gets the rent back.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The account to close.
    #[account(mut, close = owner, has_one = owner @ HoldfastError::NotOwner)]
    pub account: AccountLoader<'info, MarginAccount>,
}

/// Closes an account that holds nothing.
pub fn close_margin_account(ctx: Context<CloseMarginAccount>) -> Result<()> {
    require!(ctx.accounts.account.load()?.is_empty(), HoldfastError::AccountNotEmpty);
    emit!(AccountClosed { account: ctx.accounts.account.key() });
    Ok(())
}
