use anchor_lang::prelude::*;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::account::profit;
use holdfast_risk::chain::policy::Action;
use holdfast_risk::{Bps, Millis};

use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
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
    let now = chain.now;
    let mut silo = ctx.accounts.silo.load_mut()?;
    chain.within(&silo).require(Action::MatureProfit)?;
    let mut account = ctx.accounts.account.load_mut()?;
    let maturity = Millis(silo.terms.maturity_ms);
    let due = Millis(account.profit_since_ms).after(maturity);
    require!(account.pending_profit > 0 && now >= due, HoldfastError::NotMatured);
    let pending = account.pending_profit;
    let owns = account.owner == ctx.accounts.authority.key();
    let share = Bps(silo.terms.payable_share_bps);
    let ledger = Ledger::from(&silo.ledger);
    let matured = profit::mature(&ledger, account.balances(), share, owns).into_program_error()?;
    silo.ledger.set(&matured.ledger);
    account.set_balances(&matured.balances, now, maturity)?;
    silo.invariant()?;
    emit!(ProfitMatured {
        account: ctx.accounts.account.key(),
        pending,
        matured: matured.amount.0,
    });
    Ok(())
}
