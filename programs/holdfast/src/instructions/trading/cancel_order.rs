use anchor_lang::prelude::*;

use crate::checks::order::removable;
use crate::clock::Chain;
use crate::error::HoldfastError;
use crate::events::OrderRemoved;
use crate::state::{ChainHealth, MarginAccount, Market};

/// Accounts of `cancel_order`.
#[derive(Accounts)]
pub struct CancelOrder<'info> {
    /// The owner; anyone once the order has expired or lapsed, or its market is settled.
    pub authority: Signer<'info>,
    /// The account.
    #[account(mut)]
    pub account: AccountLoader<'info, MarginAccount>,
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The order's market.
    pub market: AccountLoader<'info, Market>,
}

/// Removes a waiting order and returns its fee to the collateral. While a price that decides it is
/// known, the order can only be executed: taking it back then would make it an option.
pub fn cancel_order(ctx: Context<CancelOrder>, number: u64) -> Result<()> {
    let chain = Chain::guard(&*ctx.accounts.chain_health.load()?)?;
    let market = ctx.accounts.market.load()?;
    let mut account = ctx.accounts.account.load_mut()?;
    require!(market.silo == account.silo, HoldfastError::WrongSilo);
    let owns = account.owner == ctx.accounts.authority.key();
    let waiting = *account.order_mut(number)?;
    let reason = removable(&waiting, &account, &market, &chain, owns)?;
    let fee = account.remove_order(number)?;
    account.receive(fee)?;
    account.invariant()?;
    emit!(OrderRemoved { account: ctx.accounts.account.key(), number, reason: reason as u8 });
    Ok(())
}
