//! A small lender, as many have been written: lamports borrowed against an asset, liquidated by
//! anybody when the asset's price falls, at a price that may be a minute old.
//!
//! It looks right, and in a halt it is not: how old a price is says the cluster's clock, which stands
//! while the chain does. `tests/stall.rs` shows it.

use anchor_lang::prelude::*;

declare_id!("EgJQg3f3dSW21bzcsBF2oHnCEWqbA2xPJeCrzJpd5LLV");

/// A price older than this decides nothing, seconds.
pub const MAX_AGE: i64 = 60;
/// What a loan may come to of its collateral's value, percent.
pub const MAX_LOAN: u64 = 80;

/// Instructions.
#[program]
pub mod example_lending {
    use super::*;

    /// Opens a loan against units of the asset.
    ///
    /// Refuses: `TooLarge`, `StalePrice`.
    pub fn borrow(ctx: Context<Borrow>, units: u64, debt: u64) -> Result<()> {
        let loan = &mut ctx.accounts.loan;
        (loan.borrower, loan.price) = (ctx.accounts.borrower.key(), ctx.accounts.price.key());
        (loan.units, loan.debt) = (units, debt);
        require!(loan.is_covered(ctx.accounts.price.fresh()?), LendingError::TooLarge);
        Ok(())
    }

    /// Adds units of the asset to a loan.
    pub fn add_collateral(ctx: Context<Change>, units: u64) -> Result<()> {
        let loan = &mut ctx.accounts.loan;
        loan.units = loan.units.checked_add(units).ok_or(LendingError::TooLarge)?;
        Ok(())
    }

    /// Opens a feed for its publisher.
    pub fn open_feed(ctx: Context<OpenFeed>) -> Result<()> {
        ctx.accounts.price.publisher = ctx.accounts.publisher.key();
        Ok(())
    }

    /// Records what the asset costs, and when that was so.
    pub fn publish(ctx: Context<Publish>, value: u64, published: i64) -> Result<()> {
        let price = &mut ctx.accounts.price;
        (price.value, price.published) = (value, published);
        Ok(())
    }

    /// Takes the collateral of a loan that it no longer covers.
    ///
    /// Refuses: `Covered`, `StalePrice`.
    pub fn liquidate(ctx: Context<Liquidate>) -> Result<()> {
        let loan = &mut ctx.accounts.loan;
        require!(!loan.is_covered(ctx.accounts.price.fresh()?), LendingError::Covered);
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
    /// The price it is judged by.
    pub price: Pubkey,
    /// Units of the asset.
    pub units: u64,
    /// Lamports owed.
    pub debt: u64,
}

impl Loan {
    fn is_covered(&self, price: u64) -> bool {
        let value = u128::from(self.units) * u128::from(price) * u128::from(MAX_LOAN) / 100;
        u128::from(self.debt) <= value
    }
}

/// What the asset costs.
#[account]
#[derive(InitSpace)]
pub struct Price {
    /// Who says so.
    pub publisher: Pubkey,
    /// Lamports for a unit.
    pub value: u64,
    /// When that was so, seconds since 1970.
    pub published: i64,
}

impl Price {
    /// The price, if it is not too old.
    fn fresh(&self) -> Result<u64> {
        let age = Clock::get()?.unix_timestamp - self.published;
        require!(age <= MAX_AGE, LendingError::StalePrice);
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

/// Accounts of `add_collateral`.
#[derive(Accounts)]
pub struct Change<'info> {
    /// The loan.
    #[account(mut, has_one = borrower)]
    pub loan: Account<'info, Loan>,
    /// Signs.
    pub borrower: Signer<'info>,
}

/// Accounts of `open_feed`.
#[derive(Accounts)]
pub struct OpenFeed<'info> {
    /// The price, which is made.
    #[account(
        init, payer = publisher, space = 8 + Price::INIT_SPACE,
        seeds = [b"price", publisher.key().as_ref()], bump
    )]
    pub price: Account<'info, Price>,
    /// Signs and pays.
    #[account(mut)]
    pub publisher: Signer<'info>,
    /// Makes accounts.
    pub system_program: Program<'info, System>,
}

/// Accounts of `publish`.
#[derive(Accounts)]
pub struct Publish<'info> {
    /// The price.
    #[account(mut, has_one = publisher)]
    pub price: Account<'info, Price>,
    /// Signs.
    pub publisher: Signer<'info>,
}

/// Accounts of `liquidate`.
#[derive(Accounts)]
pub struct Liquidate<'info> {
    /// The loan.
    #[account(mut, has_one = price)]
    pub loan: Account<'info, Loan>,
    /// The asset's price.
    pub price: Account<'info, Price>,
}

/// Reasons to refuse.
#[error_code]
pub enum LendingError {
    /// The collateral does not cover the loan.
    #[msg("The loan is too large for its collateral: add units or borrow less")]
    TooLarge,
    /// The price is too old.
    #[msg("The price is older than a minute: publish a new one first")]
    StalePrice,
    /// The collateral covers the loan.
    #[msg("The collateral covers the loan: it cannot be liquidated")]
    Covered,
}
