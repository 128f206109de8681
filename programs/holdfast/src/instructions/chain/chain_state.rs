use anchor_lang::prelude::*;
use holdfast_beacon::{Beacon, Judgement, Now};
use solana_sysvar::last_restart_slot::LastRestartSlot;

use crate::error::HoldfastError;
use crate::state::ChainHealth;

/// What a program or a front end gets to know of the chain, as the beacon judges it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// The state: the stricter of what was observed and of what the sysvars say now.
    pub state: u8,
    /// The state as it was last observed.
    pub observed: u8,
    /// How long ago that was, milliseconds.
    pub age_ms: u64,
    /// When the chain was last disrupted, milliseconds since 1970; zero when it has not been seen to
    /// be.
    pub last_disruption_ms: u64,
    /// What a slot usually takes, microseconds.
    pub slot_us: u32,
}

/// Accounts of `chain_state`. Anyone may call it, and nothing changes.
#[derive(Accounts)]
pub struct ReadChainState<'info> {
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
}

/// Judges the chain for others, as `holdfast_beacon` does in their own program.
pub fn chain_state(ctx: Context<ReadChainState>) -> Result<ChainReport> {
    let (clock, restart) = (Clock::get()?, LastRestartSlot::get().ok());
    // A clock that was never set says nothing about how old the last look is.
    require!(clock.unix_timestamp > 0, HoldfastError::UnreadableSysvar);
    let now = Now {
        slot: clock.slot,
        unix_timestamp: clock.unix_timestamp,
        last_restart_slot: restart.map(|restart| restart.last_restart_slot),
    };
    let account = ctx.accounts.chain_health.as_ref();
    let (address, owner) = (account.key.to_bytes(), account.owner.to_bytes());
    let beacon = Beacon::read(&address, &owner, &account.try_borrow_data()?)
        .map_err(|_| HoldfastError::UnreadableSysvar)?;
    Ok(ChainReport::from(&beacon.judge(&now)))
}

impl From<&Judgement> for ChainReport {
    fn from(judged: &Judgement) -> Self {
        Self {
            state: judged.state as u8,
            observed: judged.observed as u8,
            age_ms: judged.age_ms,
            last_disruption_ms: judged.last_disruption_ms,
            slot_us: judged.slot_us,
        }
    }
}
