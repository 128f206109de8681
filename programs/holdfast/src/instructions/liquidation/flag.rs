use anchor_lang::prelude::*;

use crate::account_health::FollowingMarkets;
use crate::checks::liquidation::flaggable;
use crate::clock::Chain;
use crate::events::AccountFlagged;
use crate::profile::stage;
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

/// Records that an account fails its maintenance margin: the request that a liquidation executes. The
/// longest delay of its markets is fixed with it.
pub fn flag<'info>(ctx: Context<'info, Flag<'info>>) -> Result<()> {
    stage!("accounts");
    let mut account = ctx.accounts.account.load_mut()?;
    stage!("load");
    let chain = Chain::guard(&*ctx.accounts.chain_health.load()?)?;
    stage!("chain");
    let mut following = FollowingMarkets::new(ctx.remaining_accounts, &account.silo);
    let flagged = flaggable(&account, &chain, |index| following.next(index))?;
    following.finish()?;
    stage!("rules");
    account.flagged_ms = flagged.now.0;
    account.flagged_slot = chain.slot;
    account.liquidatable_ms = flagged.liquidatable.0;
    account.shortfall = flagged.health.shortfall().0;
    stage!("store");
    emit!(AccountFlagged {
        account: ctx.accounts.account.key(),
        flagged_ms: account.flagged_ms,
        liquidatable_ms: account.liquidatable_ms,
        equity: flagged.health.equity.0,
        maintenance: flagged.health.maintenance.0,
    });
    stage!("event");
    Ok(())
}
