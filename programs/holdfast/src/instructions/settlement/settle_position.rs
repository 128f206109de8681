use anchor_lang::prelude::*;
use holdfast_risk::market::settlement;

use crate::checks::settlement::position_to_settle;
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::PositionSettled;
use crate::state::{ChainHealth, MarginAccount, Market, Silo};
use crate::trade_context;

/// Accounts of `settle_position`. Anyone may call it.
#[derive(Accounts)]
pub struct SettlePosition<'info> {
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The silo.
    #[account(mut)]
    pub silo: AccountLoader<'info, Silo>,
    /// The settled market.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub market: AccountLoader<'info, Market>,
    /// An account with a position in it.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub account: AccountLoader<'info, MarginAccount>,
}

/// Closes an account's whole position in a settled market at its price, without fee or spread.
pub fn settle_position(ctx: Context<SettlePosition>) -> Result<()> {
    let accounts = &ctx.accounts;
    let chain = Chain::guard(&*accounts.chain_health.load()?)?;
    let mut silo = accounts.silo.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    let (held, price) = position_to_settle(&account, &market)?;
    let book = trade_context::open(&silo, &market, &account);
    let cover = silo.cover(market.index, &account.debts, chain.now);
    let settled = settlement::settle(&book, price, &cover).into_program_error()?;
    trade_context::store(&settled, &mut silo, &mut market, &mut account, chain.now)?;
    if account.open_markets == 0 {
        account.clear_flag();
    }
    account.invariant()?;
    silo.invariant()?;
    emit!(PositionSettled {
        account: accounts.account.key(),
        market: market.index,
        price: price.0,
        closed: held.0,
        realised: settled.trade.realised.0,
        carry: settled.carry.0,
        debt: account.debt,
        bad_debt: settled.bad_debt.0,
    });
    Ok(())
}
