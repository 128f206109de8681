use anchor_lang::prelude::*;
use anchor_spl::token::accessor;
use holdfast_risk::Size;
use holdfast_risk::chain::policy::Action;
use holdfast_risk::governance::Newest;
use holdfast_risk::market::terms::MarketTerms;

use crate::clock::{Chain, cluster_clock};
use crate::error::{HoldfastError, OrRefuse};
use crate::events::ChangeApplied;
use crate::governance::{named, with_newest};
use crate::state::{
    ChainHealth, Change, ChangeKind, Exchange, Market, MarketTermsState, Silo, TripState,
};

/// Accounts of `apply_change`; where it resets a fuse, the silo's liquidity and insurance vaults follow.
/// Anyone may call it.
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
    /// CHECK: equal to the proposer in the change being applied (`has_one = proposer`).
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
    /// The market it names.
    #[account(mut)]
    pub market: Option<AccountLoader<'info, Market>>,
    /// The silo it names.
    #[account(mut)]
    pub silo: Option<AccountLoader<'info, Silo>>,
}

/// Makes a change whose time has come, unless a newer one of the same target was proposed since.
pub fn apply_change<'info>(ctx: Context<'info, ApplyChange<'info>>) -> Result<()> {
    let accounts = &ctx.accounts;
    let mut exchange = accounts.exchange.load_mut()?;
    let mut health = accounts.chain_health.load_mut()?;
    let chain = Chain::guard(&health)?;
    let change = &accounts.change;
    change.require_ready(&exchange, cluster_clock()?, chain.monitor.last_disruption)?;
    change.content.check(&exchange)?;
    let (market, silo) = (accounts.market.as_ref(), accounts.silo.as_ref());
    with_newest(&change.content, &mut exchange, market, silo, |newest| {
        require!(Newest(*newest).is(change.number), HoldfastError::ChangeSuperseded);
        Ok(())
    })?;
    match &change.content {
        ChangeKind::Admin(admin) => exchange.admin = *admin,
        ChangeKind::FeeReceiver(receiver) => exchange.fee_receiver = *receiver,
        ChangeKind::Guardian { leaves, joins } => {
            let keys = exchange.replaced(*leaves, *joins)?;
            exchange.set_guardians(&keys)?;
        }
        ChangeKind::Timelock(timelock) => exchange.timelock = *timelock,
        ChangeKind::Thresholds(thresholds) => health.thresholds = *thresholds,
        ChangeKind::MarketTerms { market: key, terms } => {
            set_market_terms(&mut *named(market, key)?.load_mut()?, terms, &chain)?;
        }
        ChangeKind::MarketFeeds { market: key, feeds } => {
            named(market, key)?.load_mut()?.set_feeds(feeds);
        }
        ChangeKind::SiloTerms { silo: key, terms } => {
            named(silo, key)?.load_mut()?.terms = *terms;
        }
        ChangeKind::FuseReset { silo: key } => {
            reset_fuse(&mut *named(silo, key)?.load_mut()?, ctx.remaining_accounts)?;
        }
        ChangeKind::Silo { .. } | ChangeKind::Market { .. } | ChangeKind::Upgrade { .. } => {
            return err!(HoldfastError::WrongChange);
        }
    }
    emit!(ChangeApplied { number: change.number });
    Ok(())
}

/// The books have to add up again: mended by a gift to a vault, or by another program.
fn reset_fuse(silo: &mut Silo, vaults: &[AccountInfo]) -> Result<()> {
    let [liquidity, insurance] = vaults else { return err!(HoldfastError::WrongVault) };
    let own = [liquidity.key(), insurance.key()] == [silo.liquidity_vault, silo.insurance_vault];
    require!(own, HoldfastError::WrongVault);
    let books = silo.books(accessor::amount(liquidity)?, accessor::amount(insurance)?)?;
    let gap = books.gap().into_program_error()?;
    require!(gap.unbacked == gap.unclaimed, HoldfastError::LedgerBroken);
    require!(gap.is_none(), HoldfastError::VaultShort);
    silo.trip = TripState::default();
    Ok(())
}

/// New settings, which have to suit what is open; a storm is no time to raise what open positions have
/// to keep.
fn set_market_terms(market: &mut Market, terms: &MarketTermsState, chain: &Chain) -> Result<()> {
    if market.terms.maintenance_bps != terms.maintenance_bps {
        chain.require(Action::ChangeInCalm)?;
    }
    let (longs, shorts) = (Size(market.longs.size), Size(market.shorts.size));
    MarketTerms::from(terms).check_open(longs, shorts).into_program_error()?;
    market.terms = *terms;
    market.terms_changed_slot = chain.slot;
    Ok(())
}
