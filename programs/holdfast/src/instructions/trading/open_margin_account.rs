use anchor_lang::prelude::*;

use crate::events::AccountOpened;
use crate::state::{MarginAccount, Silo, VERSION};

/// Accounts of `open_margin_account`.
#[derive(Accounts)]
#[instruction(number: u16)]
pub struct OpenMarginAccount<'info> {
    /// Pays the rent.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Will own the account.
    pub owner: Signer<'info>,
    /// The silo it belongs to.
    pub silo: AccountLoader<'info, Silo>,
    /// The account to open.
    #[account(
        init,
        payer = payer,
        space = 8 + size_of::<MarginAccount>(),
        seeds = [
            MarginAccount::SEED,
            silo.key().as_ref(),
            owner.key().as_ref(),
            &number.to_le_bytes(),
        ],
        bump,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// Opens an empty margin account.
pub fn open_margin_account(ctx: Context<OpenMarginAccount>, number: u16) -> Result<()> {
    let mut account = ctx.accounts.account.load_init()?;
    account.version = VERSION;
    account.bump = ctx.bumps.account;
    account.number = number;
    account.silo = ctx.accounts.silo.key();
    account.owner = ctx.accounts.owner.key();
    account.next_order = 1;
    emit!(AccountOpened { account: ctx.accounts.account.key(), owner: account.owner });
    Ok(())
}
