//! Two instructions that succeed on a calm chain and differ by one question to the beacon, account and
//! sysvars included: the difference in what they take is what asking costs. A third calls the venue and
//! reads what it returns.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::program::{get_return_data, invoke};
use holdfast_beacon::{Beacon, Judgement, Now, PROGRAM, require_calm};
use solana_sysvar::last_restart_slot::LastRestartSlot;

declare_id!("j4YWbRNBFy5ARqsMwto7HXRmadGtaZGX3F3cZ53KWbF");

/// The discriminator of `chain_state`, as `idl/holdfast.json` has it.
const CHAIN_STATE: [u8; 8] = [148, 103, 44, 0, 0, 50, 205, 64];

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

    /// Asks the venue's program by a call, and goes on if the chain is calm.
    pub fn ask_venue(ctx: Context<AskVenue>) -> Result<()> {
        let AskVenue { chain_health, venue } = &*ctx.accounts;
        let instruction = Instruction {
            program_id: Pubkey::new_from_array(PROGRAM),
            accounts: vec![AccountMeta::new_readonly(chain_health.key(), false)],
            data: CHAIN_STATE.to_vec(),
        };
        invoke(&instruction, &[chain_health.to_account_info(), venue.to_account_info()])?;
        let (from, returned) = get_return_data().ok_or(AskerError::NotTheBeacon)?;
        require!(from.to_bytes() == PROGRAM, AskerError::NotTheBeacon);
        let judged = Judgement::returned(&returned).ok_or(AskerError::NotTheBeacon)?;
        require_calm!(judged, AskerError::Disrupted);
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

/// Accounts of `ask_venue`.
#[derive(Accounts)]
pub struct AskVenue<'info> {
    /// What a Holdfast venue has observed of the chain.
    /// CHECK: the venue's program, which `ask_venue` calls, refuses every other account.
    pub chain_health: UncheckedAccount<'info>,
    /// The venue's program.
    /// CHECK: only has to be there: `ask_venue` calls `PROGRAM`, whatever is passed.
    pub venue: UncheckedAccount<'info>,
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
