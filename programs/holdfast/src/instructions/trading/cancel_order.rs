use anchor_lang::prelude::*;
use holdfast_risk::account::order::Order;

use crate::clock::cluster_clock;
use crate::error::HoldfastError;
use crate::events::OrderRemoved;
use crate::state::MarginAccount;

/// Accounts of `cancel_order`.
#[derive(Accounts)]
pub struct CancelOrder<'info> {
    /// The owner; anyone once the order has expired.
    pub authority: Signer<'info>,
    /// The account.
    #[account(mut)]
    pub account: AccountLoader<'info, MarginAccount>,
}

/// Removes a waiting order and returns its fee to the collateral.
pub fn cancel_order(ctx: Context<CancelOrder>, number: u64) -> Result<()> {
    let mut account = ctx.accounts.account.load_mut()?;
    let expired = Order::from(&*account.order_mut(number)?).is_expired(cluster_clock()?);
    let owns = account.owner == ctx.accounts.authority.key();
    require!(owns || expired, HoldfastError::OrderNotExpired);
    let fee = account.remove_order(number)?;
    account.receive(fee)?;
    account.invariant()?;
    emit!(OrderRemoved { account: ctx.accounts.account.key(), number, expired });
    Ok(())
}
