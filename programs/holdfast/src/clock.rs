//! The cluster's clock and the sysvars that tell how the chain is doing.

use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::{ChainSample, Monitor, SKIP_WINDOW, Thresholds, skipped};
use holdfast_risk::chain::policy::{Action, Permit, permit};
use solana_sysvar::last_restart_slot::LastRestartSlot;
use solana_sysvar::{get_sysvar, slot_hashes};

use crate::error::HoldfastError;
use crate::state::ChainHealth;

/// The chain as a guarded instruction sees it.
pub struct Chain {
    /// The stricter of what `observe` persisted and what the sysvars say now.
    pub monitor: Monitor,
    /// When states are entered and left.
    pub thresholds: Thresholds,
    /// The venue's clock.
    pub now: Millis,
}

impl Chain {
    /// Judges the sysvars against the last sample; nothing is persisted, so the account stays
    /// read-only and starving `observe` buys nothing.
    pub fn guard(health: &ChainHealth) -> Result<Self> {
        let last = Monitor::from(&health.monitor);
        let thresholds = Thresholds::from(&health.thresholds);
        let seen = read_sysvars(&last, Millis(0))?;
        Ok(Self { monitor: last.guard(&seen, &thresholds), thresholds, now: seen.now })
    }

    /// How far an action is allowed; refused with an error when it is not.
    pub fn require(&self, action: Action) -> Result<Permit> {
        let permit = permit(action, self.monitor.state);
        require!(permit != Permit::Refused, HoldfastError::ChainNotReady);
        Ok(permit)
    }
}

/// Reads the sysvars. `proven` is a publish time that the venue's clock is not behind.
pub fn read_sysvars(last: &Monitor, proven: Millis) -> Result<ChainSample> {
    let mut seen = read_first_sysvars()?;
    seen.now = last.now(seen.clock, seen.slot, proven);
    Ok(seen)
}

/// Reads the sysvars when nothing was seen before: the venue's clock is the cluster's.
pub fn read_first_sysvars() -> Result<ChainSample> {
    let clock = Clock::get()?;
    let restart = LastRestartSlot::get().map_err(|_| HoldfastError::UnreadableSysvar)?;
    let cluster = millis(&clock);
    Ok(ChainSample {
        slot: clock.slot,
        clock: cluster,
        now: cluster,
        restart_slot: restart.last_restart_slot,
        skipped: skipped_slots(),
    })
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

/// The cluster's clock, for what needs no more: it never leads the venue's.
pub fn cluster_clock() -> Result<Millis> {
    Ok(millis(&Clock::get()?))
}

fn millis(clock: &Clock) -> Millis {
    Millis(u64::try_from(clock.unix_timestamp).unwrap_or_default().saturating_mul(1_000))
}
