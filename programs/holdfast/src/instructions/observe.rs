use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::sample::{SKIP_WINDOW, is_due, skipped};
use solana_sysvar::last_restart_slot::LastRestartSlot;
use solana_sysvar::{get_sysvar, slot_hashes};

use crate::clock::millis;
use crate::error::HoldfastError;
use crate::events::ChainObserved;
use crate::state::{ChainHealth, SampleState};

/// Accounts of `observe`. Anyone may call it.
#[derive(Accounts)]
pub struct Observe<'info> {
    /// Where the sample goes.
    #[account(mut)]
    pub chain_health: AccountLoader<'info, ChainHealth>,
}

/// Keeps a sample of the sysvars. Nobody's word is taken.
pub fn observe(ctx: Context<Observe>) -> Result<()> {
    let clock = Clock::get()?;
    let mut health = ctx.accounts.chain_health.load_mut()?;
    let last = health.newest().map(|sample| Millis(sample.clock_ms));
    let now = millis(&clock);
    require!(is_due(last, now), HoldfastError::SampleTooSoon);
    let restart = LastRestartSlot::get().map_err(|_| HoldfastError::UnreadableSysvar)?;
    let sample = SampleState {
        slot: clock.slot,
        clock_ms: now.0,
        last_restart_slot: restart.last_restart_slot,
        skipped: skipped_slots().unwrap_or(u64::MAX),
    };
    health.push(sample);
    emit!(ChainObserved { slot: sample.slot, clock_ms: now.0, skipped: sample.skipped });
    Ok(())
}

/// Slots skipped over the newest blocks, from two partial reads of `SlotHashes`: its entries are
/// too many to load on chain. `None` while it holds too few.
fn skipped_slots() -> Option<u64> {
    skipped(slot_of_entry(0)?, slot_of_entry(SKIP_WINDOW)?)
}

/// Slot of an entry, newest first: after the 8-byte length each entry has a slot and a hash.
fn slot_of_entry(index: u64) -> Option<u64> {
    let mut slot = [0; 8];
    get_sysvar(&mut slot, &slot_hashes::ID, 8 + 40 * index, 8).ok()?;
    Some(u64::from_le_bytes(slot))
}
