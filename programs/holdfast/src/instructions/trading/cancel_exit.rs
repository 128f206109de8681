use anchor_lang::prelude::*;

use crate::error::HoldfastError;
use crate::events::ExitCancelled;
use crate::state::MarginAccount;

/// Accounts of `cancel_exit`.
#[derive(Accounts)]
pub struct CancelExit<'info> {
    /// Owns the account.
    pub owner: Signer<'info>,
    /// The account whose exit waits.
    #[account(mut, has_one = owner @ HoldfastError::NotOwner)]
    pub account: AccountLoader<'info, MarginAccount>,
}

/// Takes back what of an exit has not been paid: it is collateral again.
pub fn cancel_exit(ctx: Context<CancelExit>) -> Result<()> {
    let mut account = ctx.accounts.account.load_mut()?;
    let amount = account.exit_amount;
    require!(amount > 0, HoldfastError::NoExit);
    (account.exit_amount, account.exit_asked) = (0, 0);
    account.receive(amount)?;
    emit!(ExitCancelled { account: ctx.accounts.account.key(), amount });
    Ok(())
}
