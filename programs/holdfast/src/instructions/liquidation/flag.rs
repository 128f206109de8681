use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::account::liquidation::flag_stands;

use crate::account_health::{self, Purpose};
use crate::clock::Chain;
use crate::error::HoldfastError;
use crate::events::AccountFlagged;
use crate::state::{ChainHealth, MarginAccount};

/// Accounts of `flag`; the markets of all open positions follow, in rising index order. Anyone may
/// call it.
#[derive(Accounts)]
pub struct Flag<'info> {
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The account to flag.
    #[account(mut)]
    pub account: AccountLoader<'info, MarginAccount>,
}

/// Records that an account fails its maintenance margin: the request that a liquidation executes.
pub fn flag<'info>(ctx: Context<'info, Flag<'info>>) -> Result<()> {
    let mut account = ctx.accounts.account.load_mut()?;
    let chain = Chain::guard(&*ctx.accounts.chain_health.load()?)?;
    let standing = account_health::compute_account_health(
        &account,
        None,
        ctx.remaining_accounts,
        &chain,
        Purpose::Liquidation,
    )?;
    let stands = flag_stands(Millis(account.flagged_ms), standing.now);
    require!(!stands, HoldfastError::AlreadyFlagged);
    let health = &standing.health;
    require!(!health.meets_maintenance(), HoldfastError::AccountSafe);
    account.flagged_ms = standing.now.0;
    account.shortfall = health.shortfall().0;
    emit!(AccountFlagged {
        account: ctx.accounts.account.key(),
        flagged_ms: account.flagged_ms,
        equity: health.equity.0,
        maintenance: health.maintenance.0,
    });
    Ok(())
}
