use anchor_lang::prelude::*;
use holdfast_risk::Millis;

use crate::account_health::FollowingMarkets;
use crate::checks::settlement::{Uncovered, uncovered};
use crate::clock::Chain;
use crate::error::HoldfastError;
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
    let mut silo = accounts.silo.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    let mut following = FollowingMarkets::new(ctx.remaining_accounts, &account.silo);
    let Uncovered { now, written_off: done } =
        uncovered(&silo, &account, &chain, |index| following.next(index))?;
    following.finish()?;
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
