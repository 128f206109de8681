use anchor_lang::prelude::*;

use crate::checks::settlement::settleable;
use crate::clock::Chain;
use crate::events::MarketSettled;
use crate::state::{ChainHealth, Market};

/// Accounts of `settle_market`. Anyone may call it.
#[derive(Accounts)]
pub struct SettleMarket<'info> {
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

/// Ends trading in a market whose notice is over: from now on the median of its last believed prices
/// is its price.
pub fn settle_market(ctx: Context<SettleMarket>) -> Result<()> {
    let chain = Chain::guard(&*ctx.accounts.chain_health.load()?)?;
    let mut market = ctx.accounts.market.load_mut()?;
    market.settlement_price = settleable(&market, &chain)?.0;
    emit!(MarketSettled { market: ctx.accounts.market.key(), price: market.settlement_price });
    Ok(())
}
