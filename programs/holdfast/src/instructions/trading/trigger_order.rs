use anchor_lang::prelude::*;
use holdfast_risk::Millis;

use crate::checks::order::triggerable;
use crate::clock::Chain;
use crate::error::HoldfastError;
use crate::events::OrderTriggered;
use crate::state::{ChainHealth, MarginAccount, Market};

/// Accounts of `trigger_order`. Anyone may call it.
#[derive(Accounts)]
pub struct TriggerOrder<'info> {
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The order's account.
    #[account(mut)]
    pub account: AccountLoader<'info, MarginAccount>,
    /// The order's market.
    pub market: AccountLoader<'info, Market>,
}

/// Sets a waiting order's trigger off: from now on it is decided by the first price published after
/// the delay, like one placed now.
pub fn trigger_order(ctx: Context<TriggerOrder>, number: u64) -> Result<()> {
    let chain = Chain::guard(&*ctx.accounts.chain_health.load()?)?;
    let market = ctx.accounts.market.load()?;
    let mut account = ctx.accounts.account.load_mut()?;
    require!(market.silo == account.silo, HoldfastError::WrongSilo);
    let waiting = *account.order_mut(number)?;
    triggerable(&waiting, &account, &market, &chain)?;
    let earliest = market.now(chain.now).after(Millis(market.terms.execution_delay_ms));
    let order = account.order_mut(number)?;
    order.earliest_ms = earliest.0;
    order.slot = chain.slot;
    emit!(OrderTriggered {
        account: ctx.accounts.account.key(),
        number,
        market: market.index,
        index_price: market.newest_price().middle().0,
        earliest_ms: earliest.0,
    });
    Ok(())
}
