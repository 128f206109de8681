use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::{Monitor, State, Thresholds};
use holdfast_risk::governance::check_length;

use crate::clock::{cluster_clock, read_sysvars};
use crate::error::{HoldfastError, OrRefuse};
use crate::events::ChainStateChanged;
use crate::state::{ChainHealth, Exchange};

/// Accounts of `tighten`.
#[derive(Accounts)]
pub struct Tighten<'info> {
    /// One of the exchange's guardians.
    pub guardian: Signer<'info>,
    /// The exchange, which keeps the guardian's budget.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// What the venue knows of the chain.
    #[account(mut)]
    pub chain_health: AccountLoader<'info, ChainHealth>,
}

/// Puts the venue into Strained or Shelter at once, for a time that runs out. Never looser.
pub fn tighten(ctx: Context<Tighten>, shelter: bool, lasts_ms: u64) -> Result<()> {
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    let mut health = ctx.accounts.chain_health.load_mut()?;
    let guardian = ctx.accounts.guardian.key();
    require!(exchange.is_guardian(&guardian), HoldfastError::NotGuardian);
    let lasts = Millis(lasts_ms);
    check_length(lasts).into_program_error()?;
    let last = Monitor::from(&health.monitor);
    let seen = read_sysvars(&last, |clock| health.proven(clock))?;
    let state = if shelter { State::Shelter } else { State::Strained };
    exchange.spend(&guardian, cluster_clock()?)?;
    // The Shelter of a disruption that nobody has recorded yet is not lengthened either.
    let looked = last.guard(&seen, &Thresholds::from(&health.thresholds));
    require!(!looked.is_disrupted(), HoldfastError::NothingToTighten);
    let tightened = last.tighten(state, seen.now, lasts);
    let (after, transition) = tightened.ok_or(HoldfastError::NothingToTighten)?;
    health.remember(&after);
    emit!(ChainStateChanged::new(&transition, &after, seen.now));
    Ok(())
}
