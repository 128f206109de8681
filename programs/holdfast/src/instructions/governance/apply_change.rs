use anchor_lang::prelude::*;
use holdfast_risk::chain::policy::Action;

use crate::clock::{Chain, cluster_clock};
use crate::error::HoldfastError;
use crate::events::ChangeApplied;
use crate::state::{ChainHealth, Change, ChangeKind, Exchange, Market, MarketTermsState, Silo};

/// Accounts of `apply_change`. Anyone may call it.
#[derive(Accounts)]
pub struct ApplyChange<'info> {
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// What the venue knows of the chain, and its thresholds.
    #[account(mut)]
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The change.
    #[account(mut, close = proposer, has_one = proposer @ HoldfastError::WrongChange)]
    pub change: Box<Account<'info, Change>>,
    /// Who proposed it: gets the rent back.
    /// CHECK: as said above.
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
    /// The market it names.
    #[account(mut)]
    pub market: Option<AccountLoader<'info, Market>>,
    /// The silo it names.
    #[account(mut)]
    pub silo: Option<AccountLoader<'info, Silo>>,
}

/// Makes a change whose time has come.
pub fn apply_change(ctx: Context<ApplyChange>) -> Result<()> {
    let accounts = &ctx.accounts;
    let mut exchange = accounts.exchange.load_mut()?;
    let mut health = accounts.chain_health.load_mut()?;
    let chain = Chain::guard(&health)?;
    let change = &accounts.change;
    change.require_ready(&exchange, cluster_clock()?, chain.monitor.last_disruption)?;
    change.content.check(&exchange)?;
    match &change.content {
        ChangeKind::Admin(admin) => exchange.admin = *admin,
        ChangeKind::FeeReceiver(receiver) => exchange.fee_receiver = *receiver,
        ChangeKind::Guardian { leaves, joins } => {
            let keys = exchange.replaced(*leaves, *joins)?;
            exchange.set_guardians(&keys)?;
        }
        ChangeKind::Timelock(timelock) => exchange.timelock = *timelock,
        ChangeKind::Thresholds(thresholds) => health.thresholds = *thresholds,
        ChangeKind::MarketTerms { market, terms } => {
            set_market_terms(&mut *named(&accounts.market, market)?.load_mut()?, terms, &chain)?;
        }
        ChangeKind::MarketFeeds { market, feeds } => {
            named(&accounts.market, market)?.load_mut()?.set_feeds(feeds);
        }
        ChangeKind::SiloTerms { silo, terms } => {
            named(&accounts.silo, silo)?.load_mut()?.terms = *terms;
        }
        ChangeKind::Silo { .. } | ChangeKind::Market { .. } => {
            return err!(HoldfastError::WrongChange);
        }
    }
    emit!(ChangeApplied { number: change.number });
    Ok(())
}

/// New settings; a storm is no time to raise what open positions have to keep.
fn set_market_terms(market: &mut Market, terms: &MarketTermsState, chain: &Chain) -> Result<()> {
    if market.terms.maintenance_bps != terms.maintenance_bps {
        chain.require(Action::ChangeMaintenance)?;
    }
    market.terms = *terms;
    Ok(())
}

/// The account a change names.
fn named<'account, 'info, T: anchor_lang::ZeroCopy + Owner>(
    account: &'account Option<AccountLoader<'info, T>>,
    key: &Pubkey,
) -> Result<&'account AccountLoader<'info, T>> {
    let named = account.as_ref().filter(|account| account.key() == *key);
    Ok(named.ok_or(HoldfastError::WrongChange)?)
}
