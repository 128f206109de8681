use anchor_lang::prelude::*;
use holdfast_risk::governance::Timelock;

use crate::error::{HoldfastError, OrRefuse};
use crate::events::ExchangeLocked;
use crate::governance::refuse_durable_nonce;
use crate::program::Holdfast;
use crate::state::{Exchange, Silo, TimelockState};

/// Accounts of `lock_exchange`; every silo follows, in the order of their numbers.
#[derive(Accounts)]
pub struct LockExchange<'info> {
    /// The exchange's admin.
    pub admin: Signer<'info>,
    /// The exchange.
    #[account(mut, has_one = admin @ HoldfastError::NotAdmin)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The instructions sysvar, by its address.
    /// CHECK: `load_instruction_at_checked` refuses another address; read by `lock_exchange`.
    pub instructions: UncheckedAccount<'info>,
    /// This program.
    #[account(
        constraint = program.programdata_address()? == Some(program_data.key())
            @ HoldfastError::UpgradeAuthority
    )]
    pub program: Program<'info, Holdfast>,
    /// Its data account, which names the exchange as the upgrade authority: from now on nobody replaces
    /// the program but by a change.
    #[account(
        constraint = program_data.upgrade_authority_address == Some(exchange.key())
            @ HoldfastError::UpgradeAuthority
    )]
    pub program_data: Account<'info, ProgramData>,
}

/// Ends set-up: names the guardians and the timelock, and lets money in. There is no way back.
pub fn lock_exchange<'info>(
    ctx: Context<'info, LockExchange<'info>>,
    guardians: Vec<Pubkey>,
    timelock: TimelockState,
) -> Result<()> {
    refuse_durable_nonce(&ctx.accounts.instructions)?;
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    require!(!exchange.is_locked(), HoldfastError::AlreadyLocked);
    Timelock::from(&timelock).check().into_program_error()?;
    exchange.set_guardians(&guardians)?;
    exchange.timelock = timelock;
    exchange.locked = 1;
    let silos = usize::from(exchange.silo_count);
    require!(ctx.remaining_accounts.len() == silos, HoldfastError::SilosMissing);
    for (number, info) in (0..).zip(ctx.remaining_accounts) {
        let loader = AccountLoader::<Silo>::try_from(info)?;
        let mut silo = loader.load_mut()?;
        require!(silo.number == number, HoldfastError::SilosMissing);
        silo.locked = 1;
    }
    emit!(ExchangeLocked { wait_ms: timelock.wait_ms, ready_ms: timelock.ready_ms });
    Ok(())
}
