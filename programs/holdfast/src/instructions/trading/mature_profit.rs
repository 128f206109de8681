use anchor_lang::prelude::*;
use holdfast_risk::Millis;

use crate::checks::profit::matured;
use crate::clock::Chain;
use crate::error::HoldfastError;
use crate::events::ProfitMatured;
use crate::state::{ChainHealth, MarginAccount, Silo};

/// Accounts of `mature_profit`.
#[derive(Accounts)]
pub struct MatureProfit<'info> {
    /// The owner; anyone while the silo can pay all that is pending.
    pub authority: Signer<'info>,
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The silo.
    #[account(mut)]
    pub silo: AccountLoader<'info, Silo>,
    /// The account.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub account: AccountLoader<'info, MarginAccount>,
}

/// Turns pending profit into collateral. What the silo cannot pay is given up, which only the owner
/// may do: it lowers what backs the account's positions.
pub fn mature_profit(ctx: Context<MatureProfit>) -> Result<()> {
    let chain = Chain::guard(&*ctx.accounts.chain_health.load()?)?;
    let mut silo = ctx.accounts.silo.load_mut()?;
    let mut account = ctx.accounts.account.load_mut()?;
    let owns = account.owner == ctx.accounts.authority.key();
    let matured = matured(&silo, &account, &chain, owns)?;
    let pending = account.pending_profit;
    silo.ledger.set(&matured.ledger);
    account.set_balances(&matured.balances, chain.now, Millis(silo.terms.maturity_ms))?;
    silo.invariant()?;
    emit!(ProfitMatured {
        account: ctx.accounts.account.key(),
        pending,
        matured: matured.amount.0,
    });
    Ok(())
}
