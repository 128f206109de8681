use anchor_lang::prelude::*;
use holdfast_risk::chain::health::{Monitor, Thresholds};

use crate::account_health::any_market;
use crate::clock::read_sysvars;
use crate::error::HoldfastError;
use crate::events::{ChainObserved, ChainStateChanged};
use crate::state::{ChainHealth, SampleState};

/// Accounts of `observe`; markets may follow, whose stored readings are evidence of the time.
/// Anyone may call it.
#[derive(Accounts)]
pub struct Observe<'info> {
    /// Where the sample goes.
    #[account(mut)]
    pub chain_health: AccountLoader<'info, ChainHealth>,
}

/// Judges the sysvars and stored readings, and keeps the sample and the state. Nobody's word is
/// taken. What is learned from readings is kept at any time, so that nobody's look without them keeps
/// the evidence out.
pub fn observe<'info>(ctx: Context<'info, Observe<'info>>) -> Result<()> {
    let mut health = ctx.accounts.chain_health.load_mut()?;
    let mut learned = false;
    for info in ctx.remaining_accounts {
        learned |= health.learn(&*any_market(info)?);
    }
    let last = Monitor::from(&health.monitor);
    let seen = read_sysvars(&last, |clock| health.proven(clock))?;
    let thresholds = Thresholds::from(&health.thresholds);
    if !last.is_due(seen.now, seen.slot, &thresholds) {
        require!(learned, HoldfastError::SampleTooSoon);
        return Ok(());
    }
    let (after, transition) = last.step(&seen, &thresholds);
    health.keep(&seen, &after);
    let sample = SampleState::from(&seen);
    emit!(ChainObserved {
        slot: sample.slot,
        clock_ms: sample.clock_ms,
        now_ms: sample.now_ms,
        skipped: sample.skipped,
    });
    if let Some(transition) = transition {
        emit!(ChainStateChanged::new(&transition, &after, after.seen));
    }
    Ok(())
}
