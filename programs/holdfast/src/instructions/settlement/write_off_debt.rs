use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::account::write_off::write_off;
use holdfast_risk::chain::policy::{Action, Permit};

use crate::account_health::{FollowingMarkets, Purpose, compute_account_health};
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::DebtWrittenOff;
use crate::state::{ChainHealth, MarginAccount, Silo};

/// Accounts of `write_off_debt`; the markets of all the account's open positions follow, in rising
/// index order. Anyone may call it.
#[derive(Accounts)]
pub struct WriteOffDebt<'info> {
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The silo.
    #[account(mut)]
    pub silo: AccountLoader<'info, Silo>,
    /// An account that owes more than its collateral and all its positions can be worth.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub account: AccountLoader<'info, MarginAccount>,
}

/// Books as bad debt what an account owes beyond its collateral and what its positions would gain at
/// the prices that favour it most. Otherwise a position that cannot be closed, however small, would
/// hide a loss from those who leave.
pub fn write_off_debt<'info>(ctx: Context<'info, WriteOffDebt<'info>>) -> Result<()> {
    let accounts = &ctx.accounts;
    let chain = Chain::guard(&*accounts.chain_health.load()?)?;
    let trusted = chain.permit(Action::Liquidate) == Permit::Allowed;
    require!(trusted, HoldfastError::ChainNotReady);
    let mut silo = accounts.silo.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    let mut now = chain.now;
    let mut following = FollowingMarkets::new(ctx.remaining_accounts, &account.silo);
    let next = |index| {
        let market = following.next(index)?;
        now = now.max(market.now(chain.now));
        Ok(market)
    };
    let (balances, purpose) = (account.balances(), Purpose::WriteOff);
    let health =
        compute_account_health(&account, &balances, None, &chain, purpose, next, |_, _| ())?;
    following.finish()?;
    // Debt and pending profit exclude each other, so this is what the positions gain.
    let gains = health.unrealised;
    // Every debt keeps its market: none is traded here.
    let cover = silo.cover(0, &account.debts, now);
    let done = write_off(&Ledger::from(&silo.ledger), account.balances(), gains, &cover)
        .into_program_error()?;
    silo.ledger.set(&done.ledger);
    silo.set_draws(&done.charged);
    account.set_balances(&done.balances, now, Millis(silo.terms.maturity_ms))?;
    account.debts = done.debts;
    account.invariant()?;
    silo.invariant()?;
    emit!(DebtWrittenOff {
        account: accounts.account.key(),
        bad_debt: done.bad_debt.0,
        insured: done.charged.insured.0,
        debt: account.debt,
    });
    Ok(())
}
