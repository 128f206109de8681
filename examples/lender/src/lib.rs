//! A lender that liquidates nobody on a chain that was disrupted, and goes on by itself once the chain
//! has recovered. What a lender needs besides, such as transferring tokens, is left out.

use anchor_lang::prelude::*;
use holdfast_beacon::{Beacon, Now, require_calm};
use solana_sysvar::last_restart_slot::LastRestartSlot;

#[cfg(not(target_os = "solana"))]
pub mod call;

declare_id!("7bXhPUjgXtjNQYrUdTRxWrPLt6V4L1ZxoXUujUZUZRYL");

/// Instructions.
#[program]
pub mod lender {
    use super::*;

    /// Lends `debt` against `collateral`, to be priced by `oracle`.
    pub fn lend(ctx: Context<Lend>, collateral: u64, debt: u64, oracle: Pubkey) -> Result<()> {
        *ctx.accounts.loan = Loan { collateral, debt, oracle };
        Ok(())
    }

    /// Takes the collateral of a loan that it does not cover at `price`, in millionths.
    pub fn liquidate(ctx: Context<Liquidate>, price: u64) -> Result<()> {
        let loan = &mut ctx.accounts.loan;
        let worth = u128::from(loan.collateral) * u128::from(price) / 1_000_000;
        require!(worth < u128::from(loan.debt), LenderError::Covered);

        let Clock { slot, unix_timestamp, .. } = Clock::get()?;
        let last_restart_slot = LastRestartSlot::get().ok().map(|it| it.last_restart_slot);
        let now = Now { slot, unix_timestamp, last_restart_slot };
        let health = &ctx.accounts.chain_health;
        let (address, owner) = (health.key.to_bytes(), health.owner.to_bytes());
        let beacon = Beacon::read(&address, &owner, &health.try_borrow_data()?)
            .map_err(|_| LenderError::NotTheBeacon)?;
        require_calm!(beacon.judge(&now), LenderError::Disrupted);

        (loan.collateral, loan.debt) = (0, 0);
        Ok(())
    }
}

/// A loan.
#[account]
#[derive(InitSpace)]
pub struct Loan {
    /// Collateral, millionths of a unit.
    pub collateral: u64,
    /// What is owed, millionths of a dollar.
    pub debt: u64,
    /// Who says what the collateral is worth.
    pub oracle: Pubkey,
}

/// Accounts of `lend`.
#[derive(Accounts)]
pub struct Lend<'info> {
    /// Borrows, and pays the rent.
    #[account(mut)]
    pub borrower: Signer<'info>,
    /// The loan to create.
    #[account(init, payer = borrower, space = 8 + Loan::INIT_SPACE)]
    pub loan: Account<'info, Loan>,
    /// Creates it.
    pub system_program: Program<'info, System>,
}

/// Accounts of `liquidate`.
#[derive(Accounts)]
pub struct Liquidate<'info> {
    /// The loan's.
    pub oracle: Signer<'info>,
    /// The loan.
    #[account(mut, has_one = oracle)]
    pub loan: Account<'info, Loan>,
    /// What a Holdfast venue has observed of the chain.
    /// CHECK: `Beacon::read` refuses another address and another owner; only read.
    pub chain_health: UncheckedAccount<'info>,
}

/// Reasons to refuse.
#[error_code]
pub enum LenderError {
    /// The collateral is worth what is owed.
    #[msg("The collateral covers the loan: there is nothing to liquidate")]
    Covered,
    /// Another account was passed.
    #[msg("Pass the venue's account of the chain's health")]
    NotTheBeacon,
    /// Borrowers could not act, or the price is from before they could.
    #[msg("The chain was disrupted: liquidation goes on once it has recovered")]
    Disrupted,
}
