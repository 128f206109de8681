//! The cluster's clock and the sysvars that tell how the chain is doing.

use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::chain::fuse::Fuses;
use holdfast_risk::chain::fuse::permit_with;
use holdfast_risk::chain::health::{ChainSample, Monitor, SKIP_WINDOW, Thresholds, skipped};
use holdfast_risk::chain::policy::{Action, Permit};
use solana_sysvar::last_restart_slot::LastRestartSlot;
use solana_sysvar::{clock, get_sysvar, slot_hashes};

use crate::error::HoldfastError;
use crate::state::{ChainHealth, Silo};

/// The chain as a guarded instruction sees it.
pub struct Chain {
    /// The stricter of what `observe` persisted and what the sysvars say now.
    pub monitor: Monitor,
    /// When states are entered and left.
    pub thresholds: Thresholds,
    /// The venue's clock.
    pub now: Millis,
    /// The slot.
    pub slot: u64,
    /// What guardians have taken away for a time.
    pub fuses: Fuses,
}

impl Chain {
    /// Judges the sysvars against the last sample. Nothing is written, so the account stays read-only,
    /// and nobody gains by keeping `observe` from landing.
    pub fn guard(health: &ChainHealth) -> Result<Self> {
        let last = Monitor::from(&health.monitor);
        let seen = read_sysvars(&last, |_| Millis(0))?;
        Ok(Self::judge(health, &last, &seen))
    }

    /// The chain as a look at it shows it; `last` is the account's monitor.
    pub fn judge(health: &ChainHealth, last: &Monitor, seen: &ChainSample) -> Self {
        let thresholds = Thresholds::from(&health.thresholds);
        Self {
            monitor: last.guard(seen, &thresholds),
            thresholds,
            now: seen.now,
            slot: seen.slot,
            fuses: health.fuse.fuses(seen.clock),
        }
    }

    /// How far an action is allowed, whatever the books of a silo are like.
    pub fn permit(&self, action: Action) -> Permit {
        permit_with(action, self.monitor.state, self.fuses)
    }

    /// The same for actions in a silo; one whose books were found broken only reduces.
    pub fn within(&self, silo: &Silo) -> Self {
        Self { fuses: self.fuses.or(silo.fuses()), ..*self }
    }

    /// How far an action is allowed; refused with an error when it is not.
    pub fn require(&self, action: Action) -> Result<Permit> {
        let permit = self.permit(action);
        require!(!self.fuses.take(action), HoldfastError::FuseBlown);
        require!(permit != Permit::Refused, HoldfastError::ChainNotReady);
        Ok(permit)
    }
}

/// Reads the sysvars. `proven` says, at the cluster's clock, which publish time the venue's clock is
/// not behind.
pub fn read_sysvars(last: &Monitor, proven: impl FnOnce(Millis) -> Millis) -> Result<ChainSample> {
    let seen = read_first_sysvars()?;
    let proven = proven(seen.clock);
    Ok(ChainSample { now: last.now(seen.clock, seen.slot, proven), proven, ..seen })
}

/// Reads the sysvars when nothing was seen before: the venue's clock is the cluster's.
pub fn read_first_sysvars() -> Result<ChainSample> {
    let (slot, cluster) = read_clock()?;
    Ok(ChainSample {
        slot,
        clock: cluster,
        now: cluster,
        proven: Millis(0),
        restart_slot: restart_slot(slot),
        skipped: skipped_slots(slot),
    })
}

/// The slot and the cluster's clock, as `Clock` holds them. To read its bytes takes thirty units less
/// than the call that fetches it whole.
fn read_clock() -> Result<(u64, Millis)> {
    // The slot, three times of the epoch, and the clock in seconds.
    let mut bytes = [0; 40];
    get_sysvar(&mut bytes, &clock::ID, 0, 40)?;
    let [slot, _, _, _, seconds] = numbers(&bytes);
    Ok((slot, millis(seconds.cast_signed())?))
}

/// Numbers as sysvars hold them.
fn numbers<const BYTES: usize, const COUNT: usize>(bytes: &[u8; BYTES]) -> [u64; COUNT] {
    let (chunks, _) = bytes.as_chunks();
    core::array::from_fn(|index| chunks.get(index).map_or(0, |chunk| u64::from_le_bytes(*chunk)))
}

/// `LastRestartSlot`; `None` when the cluster has none, or one in the future.
fn restart_slot(now: u64) -> Option<u64> {
    let slot = LastRestartSlot::get().ok()?.last_restart_slot;
    (slot <= now).then_some(slot)
}

/// Slots skipped over the newest blocks, from two partial reads of `SlotHashes`: its entries are
/// too many to load on chain. `None` while it holds too few, where zeros follow the last one, or
/// when its newest is not from before this slot.
fn skipped_slots(now: u64) -> Option<u64> {
    // The number of entries, then a slot and a hash for each, newest first.
    let mut head = [0; 16];
    get_sysvar(&mut head, &slot_hashes::ID, 0, 16).ok()?;
    let [count, newest] = numbers(&head);
    if count <= SKIP_WINDOW || newest >= now {
        return None;
    }
    let mut older = [0; 8];
    get_sysvar(&mut older, &slot_hashes::ID, 8 + 40 * SKIP_WINDOW, 8).ok()?;
    skipped(newest, u64::from_le_bytes(older))
}

/// The cluster's clock, for uses that do not need the venue's; it is never ahead of that.
pub fn cluster_clock() -> Result<Millis> {
    read_clock().map(|(_, cluster)| cluster)
}

/// Refuses a clock at or before 1970, which was never set.
fn millis(unix_seconds: i64) -> Result<Millis> {
    let seconds = u64::try_from(unix_seconds).ok().filter(|seconds| *seconds > 0);
    let seconds = seconds.ok_or(HoldfastError::UnreadableSysvar)?;
    Ok(Millis(seconds.saturating_mul(1_000)))
}
