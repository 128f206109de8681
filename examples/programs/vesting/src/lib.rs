//! A vesting contract that counts time in slots, because "a slot is 400 milliseconds": lamports that
//! become a beneficiary's, part by part, at the slots that were given.
//!
//! It is not: a halt consumes no slots, and clusters come to call less time a slot.
//! `tests/stall.rs` shows both.
//!
//! The rule is that of Bonfida's token vesting contract
//! (<https://github.com/Bonfida/token-vesting>) at commit
//! `99386d297693a46b32cf021d60b70e4a427ba017`, `process_unlock` of `program/src/processor.rs`; the
//! commit after it, of January 2021, replaced `release_height` by a time. SPL tokens are lamports here,
//! and the instructions that change who is paid are left out.

use anchor_lang::prelude::*;

declare_id!("JBoes78QpnMi8uv9Xib59u2e1tETuwbmhFY53HGsC4Be");

/// Slots of a day, at 400 ms: what people reckon with when they choose release heights.
pub const DAY_SLOTS: u64 = 216_000;
/// Parts that a contract has at most.
pub const MOST_PARTS: usize = 8;

/// Instructions.
#[program]
pub mod example_vesting {
    use super::*;

    /// Sets lamports aside for a beneficiary, in parts.
    ///
    /// Refuses: `TooMany`.
    pub fn create(ctx: Context<Create>, schedules: Vec<Schedule>) -> Result<()> {
        require!(schedules.len() <= MOST_PARTS, VestingError::TooMany);
        let amounts = schedules.iter().map(|part| part.amount);
        let total = amounts.fold(0, u64::saturating_add);
        let vesting = &mut ctx.accounts.vesting;
        vesting.beneficiary = ctx.accounts.beneficiary.key();
        vesting.schedules = schedules;
        let (from, to) = (ctx.accounts.granter.to_account_info(), vesting.to_account_info());
        let transfer = anchor_lang::system_program::Transfer { from, to };
        let program = ctx.accounts.system_program.key();
        anchor_lang::system_program::transfer(CpiContext::new(program, transfer), total)
    }

    /// Pays every part whose slot has come. Anybody may ask for it.
    ///
    /// Refuses: `NotYet`.
    pub fn unlock(ctx: Context<Unlock>) -> Result<()> {
        let slot = Clock::get()?.slot;
        let vesting = &mut ctx.accounts.vesting;
        let mut due = 0;
        for part in vesting.schedules.iter_mut().filter(|part| slot >= part.release_height) {
            due += std::mem::take(&mut part.amount);
        }
        require!(due > 0, VestingError::NotYet);
        vesting.sub_lamports(due)?;
        ctx.accounts.beneficiary.add_lamports(due)?;
        Ok(())
    }
}

/// A part of what vests.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, InitSpace)]
pub struct Schedule {
    /// The slot from which on it can be paid.
    pub release_height: u64,
    /// Lamports; zero once they are paid.
    pub amount: u64,
}

/// Lamports that vest.
#[account]
#[derive(InitSpace)]
pub struct Vesting {
    /// Whose they become.
    pub beneficiary: Pubkey,
    /// When.
    #[max_len(MOST_PARTS)]
    pub schedules: Vec<Schedule>,
}

/// Accounts of `create`.
#[derive(Accounts)]
pub struct Create<'info> {
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

/// Accounts of `unlock`.
#[derive(Accounts)]
pub struct Unlock<'info> {
    /// What vests.
    #[account(mut, has_one = beneficiary)]
    pub vesting: Account<'info, Vesting>,
    /// CHECK: is paid; `vesting` says who it is.
    #[account(mut)]
    pub beneficiary: UncheckedAccount<'info>,
}

/// Reasons to refuse.
#[error_code]
pub enum VestingError {
    /// More parts than a contract has.
    #[msg("A contract has eight parts at most: create another for the rest")]
    TooMany,
    /// No slot has come.
    #[msg("The vesting contract has not reached its release height: wait for the slot")]
    NotYet,
}
