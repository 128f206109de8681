use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::market::belief::settlement_price;
use holdfast_risk::market::settlement::is_due;

use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
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
    market.require_trading()?;
    let due = is_due(Millis(market.settles_ms), chain.monitor.last_disruption, chain.now);
    require!(due, HoldfastError::SettlementNotDue);
    let at = market.moment(chain.now, chain.monitor.last_disruption);
    let believed = market.last_believed();
    let price = settlement_price(market.recent_prices(), believed, &at).into_program_error()?;
    market.settlement_price = price.0;
    emit!(MarketSettled { market: ctx.accounts.market.key(), price: market.settlement_price });
    Ok(())
}
