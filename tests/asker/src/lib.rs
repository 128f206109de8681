//! Two instructions that succeed on a calm chain and differ by one question to the beacon, account and
//! sysvars included: the difference in what they take is what asking costs.

use anchor_lang::prelude::*;
use holdfast_beacon::{Beacon, Now, require_calm};
use solana_sysvar::last_restart_slot::LastRestartSlot;

declare_id!("j4YWbRNBFy5ARqsMwto7HXRmadGtaZGX3F3cZ53KWbF");

/// Instructions.
#[program]
pub mod asker {
    use super::*;

    /// Goes on.
    pub fn go_on(_ctx: Context<GoOn>) -> Result<()> {
        Ok(())
    }

    /// Asks as `docs/beacon.md` shows it, and goes on if the chain is calm.
    pub fn ask(ctx: Context<Ask>) -> Result<()> {
        let Clock { slot, unix_timestamp, .. } = Clock::get()?;
        let last_restart_slot = LastRestartSlot::get().ok().map(|it| it.last_restart_slot);
        let now = Now { slot, unix_timestamp, last_restart_slot };
        let health = &ctx.accounts.chain_health;
        let (address, owner) = (health.key.to_bytes(), health.owner.to_bytes());
        let beacon = Beacon::read(&address, &owner, &health.try_borrow_data()?)
            .map_err(|_| AskerError::NotTheBeacon)?;
        require_calm!(beacon.judge(&now), AskerError::Disrupted);
        Ok(())
    }
}

/// Accounts of `go_on`: none.
#[derive(Accounts)]
pub struct GoOn {}

/// Accounts of `ask`.
#[derive(Accounts)]
pub struct Ask<'info> {
    /// What a Holdfast venue has observed of the chain.
    /// CHECK: `ask` passes it to `Beacon::read`, which accepts the account of chain health alone.
    pub chain_health: UncheckedAccount<'info>,
}

/// Reasons to refuse.
#[error_code]
pub enum AskerError {
    /// Another account was passed.
    #[msg("Pass the venue's account of the chain's health")]
    NotTheBeacon,
    /// The chain is not calm.
    #[msg("The chain was disrupted: try again once it has recovered")]
    Disrupted,
}
