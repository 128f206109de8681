use anchor_lang::prelude::*;

use crate::clock::cluster_clock;
use crate::error::HoldfastError;
use crate::events::ChangeCancelled;
use crate::governance::refuse_durable_nonce;
use crate::state::{Change, Exchange};

/// Accounts of `cancel_change`.
#[derive(Accounts)]
pub struct CancelChange<'info> {
    /// The admin or a guardian; anyone once the change has expired or lapsed.
    pub authority: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The change to take back.
    #[account(mut, close = proposer, has_one = proposer @ HoldfastError::WrongChange)]
    pub change: Box<Account<'info, Change>>,
    /// Who proposed it: gets the rent back.
    /// CHECK: equal to the proposer in the change being cancelled (`has_one = proposer`).
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
    /// The instructions sysvar, by its address.
    /// CHECK: `load_instruction_at_checked` refuses another address; read by `cancel_change`.
    pub instructions: UncheckedAccount<'info>,
}

/// Takes a change back.
pub fn cancel_change(ctx: Context<CancelChange>) -> Result<()> {
    refuse_durable_nonce(&ctx.accounts.instructions)?;
    let exchange = ctx.accounts.exchange.load()?;
    let change = &ctx.accounts.change;
    let by = ctx.accounts.authority.key();
    change.require_cancellable(&exchange, &by, cluster_clock()?)?;
    emit!(ChangeCancelled { number: change.number, by });
    Ok(())
}
