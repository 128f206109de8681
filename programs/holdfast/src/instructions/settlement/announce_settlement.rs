use anchor_lang::prelude::*;
use holdfast_risk::market::settlement::announced;

use crate::clock::Chain;
use crate::error::HoldfastError;
use crate::events::SettlementAnnounced;
use crate::state::{ChainHealth, Market};

/// Accounts of `announce_settlement`. Anyone may call it.
#[derive(Accounts)]
pub struct AnnounceSettlement<'info> {
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

/// Gives notice that a market which has had no price for a day will be settled.
pub fn announce_settlement(ctx: Context<AnnounceSettlement>) -> Result<()> {
    let chain = Chain::guard(&*ctx.accounts.chain_health.load()?)?;
    let mut market = ctx.accounts.market.load_mut()?;
    market.require_trading()?;
    require!(market.settles_ms == 0, HoldfastError::AlreadyAnnounced);
    let newest = market.newest_price().published;
    let settles = announced(newest, chain.monitor.last_disruption, market.now(chain.now));
    market.settles_ms = settles.ok_or(HoldfastError::PriceMayReturn)?.0;
    emit!(SettlementAnnounced {
        market: ctx.accounts.market.key(),
        settles_ms: market.settles_ms,
        price: market.reference_price,
    });
    Ok(())
}
