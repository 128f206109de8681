//! A small vesting contract, as many have been written: lamports that a beneficiary may withdraw as
//! slots go by, because "a slot is 400 milliseconds".
//!
//! It is not: a halt consumes no slots, and clusters come to call less time a slot.
//! `tests/stall.rs` shows both.

use anchor_lang::prelude::*;

declare_id!("JBoes78QpnMi8uv9Xib59u2e1tETuwbmhFY53HGsC4Be");

/// Slots of a day, at 400 ms.
pub const DAY_SLOTS: u64 = 216_000;

/// Instructions.
#[program]
pub mod example_vesting {
    use super::*;

    /// Sets lamports aside for a beneficiary, who may withdraw them over so many days.
    pub fn grant(ctx: Context<Grant>, amount: u64, days: u64) -> Result<()> {
        let vesting = &mut ctx.accounts.vesting;
        vesting.beneficiary = ctx.accounts.beneficiary.key();
        (vesting.amount, vesting.withdrawn) = (amount, 0);
        vesting.start_slot = Clock::get()?.slot;
        vesting.slots = days.checked_mul(DAY_SLOTS).ok_or(VestingError::TooLong)?;
        let (from, to) = (ctx.accounts.granter.to_account_info(), vesting.to_account_info());
        let transfer = anchor_lang::system_program::Transfer { from, to };
        let program = ctx.accounts.system_program.key();
        anchor_lang::system_program::transfer(CpiContext::new(program, transfer), amount)
    }

    /// Pays what has vested and is not withdrawn yet.
    pub fn withdraw(ctx: Context<Withdraw>) -> Result<()> {
        let vesting = &mut ctx.accounts.vesting;
        let payable = vesting.vested(Clock::get()?.slot) - vesting.withdrawn;
        vesting.withdrawn += payable;
        vesting.sub_lamports(payable)?;
        ctx.accounts.beneficiary.add_lamports(payable)?;
        Ok(())
    }
}

/// Lamports that vest.
#[account]
#[derive(InitSpace)]
pub struct Vesting {
    /// Whose they become.
    pub beneficiary: Pubkey,
    /// All of them.
    pub amount: u64,
    /// Those paid.
    pub withdrawn: u64,
    /// Since when.
    pub start_slot: u64,
    /// For how long.
    pub slots: u64,
}

impl Vesting {
    fn vested(&self, slot: u64) -> u64 {
        let passed = slot.saturating_sub(self.start_slot).min(self.slots);
        let vested = u128::from(self.amount) * u128::from(passed) / u128::from(self.slots.max(1));
        // No more than the amount.
        vested as u64
    }
}

/// Accounts of `grant`.
#[derive(Accounts)]
pub struct Grant<'info> {
    /// What vests, which is made.
    #[account(
        init, payer = granter, space = 8 + Vesting::INIT_SPACE,
        seeds = [b"vesting", beneficiary.key().as_ref()], bump
    )]
    pub vesting: Account<'info, Vesting>,
    /// CHECK: nothing is asked of it, because the granter decides whom to give to.
    pub beneficiary: UncheckedAccount<'info>,
    /// Signs and pays.
    #[account(mut)]
    pub granter: Signer<'info>,
    /// Makes accounts.
    pub system_program: Program<'info, System>,
}

/// Accounts of `withdraw`.
#[derive(Accounts)]
pub struct Withdraw<'info> {
    /// What vests.
    #[account(mut, has_one = beneficiary)]
    pub vesting: Account<'info, Vesting>,
    /// Signs and is paid.
    #[account(mut)]
    pub beneficiary: Signer<'info>,
}

/// Reasons to refuse.
#[error_code]
pub enum VestingError {
    /// The days do not fit into slots.
    #[msg("That is too long: vest over fewer days")]
    TooLong,
}
