//! A lender that refuses old prices by the cluster's clock: lamports borrowed against an asset,
//! liquidated by anybody when the asset's price falls, at a price at most 100 seconds old.
//!
//! It looks right, and in a halt it is not: how old a price is says the cluster's clock, which stands
//! while the chain does. `tests/stall.rs` shows it.
//!
//! The rule is that of project 10 of Solana's developer bootcamp
//! (<https://github.com/solana-developers/developer-bootcamp-2024>) at commit
//! `c65782b789b411e4bab64e8e76dec5943cda5732`, `process_borrow` and `process_liquidate` in
//! `project-10-lending/lending/src/instructions`: `get_price_no_older_than` with the clock and
//! `MAXIMUM_AGE`. Pyth's account is an account of the program here, tokens are numbers, and deposits,
//! interest and withdrawals are left out.

use anchor_lang::prelude::*;

declare_id!("EgJQg3f3dSW21bzcsBF2oHnCEWqbA2xPJeCrzJpd5LLV");

/// A price older than this decides nothing, seconds.
pub const MAXIMUM_AGE: i64 = 100;
/// What a loan may come to of its collateral's value, percent.
pub const LIQUIDATION_THRESHOLD: u64 = 80;

/// Instructions.
#[program]
pub mod example_lending {
    use super::*;

    /// Opens a loan against units of the asset.
    ///
    /// Refuses: `OverBorrowableAmount`, `StalePrice`.
    pub fn borrow(ctx: Context<Borrow>, units: u64, debt: u64) -> Result<()> {
        let loan = &mut ctx.accounts.loan;
        (loan.borrower, loan.feed) = (ctx.accounts.borrower.key(), ctx.accounts.price.feed);
        (loan.units, loan.debt) = (units, debt);
        let price = ctx.accounts.price.no_older_than(MAXIMUM_AGE)?;
        require!(loan.is_covered(price), LendingError::OverBorrowableAmount);
        Ok(())
    }

    /// Records what the asset costs, and when that was so, in the feed of whoever signs.
    pub fn publish(ctx: Context<Publish>, value: u64, publish_time: i64) -> Result<()> {
        let feed = ctx.accounts.publisher.key();
        *ctx.accounts.price = Price { feed, value, publish_time };
        Ok(())
    }

    /// Takes the collateral of a loan that it no longer covers.
    ///
    /// Refuses: `AnotherFeed`, `NotUndercollateralized`, `StalePrice`.
    pub fn liquidate(ctx: Context<Liquidate>) -> Result<()> {
        let loan = &mut ctx.accounts.loan;
        let price = ctx.accounts.price.no_older_than(MAXIMUM_AGE)?;
        require!(!loan.is_covered(price), LendingError::NotUndercollateralized);
        (loan.units, loan.debt) = (0, 0);
        Ok(())
    }
}

/// A loan.
#[account]
#[derive(InitSpace)]
pub struct Loan {
    /// Whose it is.
    pub borrower: Pubkey,
    /// Whose prices it is judged by.
    pub feed: Pubkey,
    /// Units of the asset.
    pub units: u64,
    /// Lamports owed.
    pub debt: u64,
}

impl Loan {
    fn is_covered(&self, price: u64) -> bool {
        let value = u128::from(self.units) * u128::from(price);
        u128::from(self.debt) <= value * u128::from(LIQUIDATION_THRESHOLD) / 100
    }
}

/// What the asset costs: an account for each price, as Pyth's are.
#[account]
#[derive(InitSpace)]
pub struct Price {
    /// Who says so.
    pub feed: Pubkey,
    /// Lamports for a unit.
    pub value: u64,
    /// When that was so, seconds since 1970.
    pub publish_time: i64,
}

impl Price {
    /// The price, if it is not older than this many seconds.
    fn no_older_than(&self, maximum_age: i64) -> Result<u64> {
        let age = Clock::get()?.unix_timestamp - self.publish_time;
        require!(age <= maximum_age, LendingError::StalePrice);
        Ok(self.value)
    }
}

/// Accounts of `borrow`.
#[derive(Accounts)]
pub struct Borrow<'info> {
    /// The loan, which is made.
    #[account(
        init, payer = borrower, space = 8 + Loan::INIT_SPACE,
        seeds = [b"loan", borrower.key().as_ref()], bump
    )]
    pub loan: Account<'info, Loan>,
    /// The asset's price.
    pub price: Account<'info, Price>,
    /// Signs and pays.
    #[account(mut)]
    pub borrower: Signer<'info>,
    /// Makes accounts.
    pub system_program: Program<'info, System>,
}

/// Accounts of `publish`.
#[derive(Accounts)]
pub struct Publish<'info> {
    /// The price, which is made.
    #[account(init, payer = publisher, space = 8 + Price::INIT_SPACE)]
    pub price: Account<'info, Price>,
    /// Signs and pays.
    #[account(mut)]
    pub publisher: Signer<'info>,
    /// Makes accounts.
    pub system_program: Program<'info, System>,
}

/// Accounts of `liquidate`.
#[derive(Accounts)]
pub struct Liquidate<'info> {
    /// The loan.
    #[account(mut)]
    pub loan: Account<'info, Loan>,
    /// A price of its feed.
    #[account(constraint = price.feed == loan.feed @ LendingError::AnotherFeed)]
    pub price: Account<'info, Price>,
}

/// Reasons to refuse.
#[error_code]
pub enum LendingError {
    /// The collateral does not cover the loan.
    #[msg("The loan is too large for its collateral: add units or borrow less")]
    OverBorrowableAmount,
    /// The price is too old.
    #[msg("The price is older than 100 seconds: publish a new one first")]
    StalePrice,
    /// The collateral covers the loan.
    #[msg("The collateral covers the loan: it cannot be liquidated")]
    NotUndercollateralized,
    /// The price is of another feed.
    #[msg("The price is of another feed: pass one of the loan's")]
    AnotherFeed,
}
