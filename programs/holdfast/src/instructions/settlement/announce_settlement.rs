use anchor_lang::prelude::*;

use crate::checks::settlement::{announceable, price_to_settle_at};
use crate::clock::Chain;
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
    market.settles_ms = announceable(&market, &chain)?.0;
    emit!(SettlementAnnounced {
        market: ctx.accounts.market.key(),
        settles_ms: market.settles_ms,
        price: price_to_settle_at(&market, &chain)?.0,
    });
    Ok(())
}
