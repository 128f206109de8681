use anchor_lang::prelude::*;
use anchor_spl::token::accessor;

use crate::error::{HoldfastError, OrRefuse};
use crate::events::FuseTripped;
use crate::state::{MarginAccount, Silo, TripState};

/// Accounts of `trip_fuse`. Anyone may call it.
#[derive(Accounts)]
pub struct TripFuse<'info> {
    /// The silo.
    #[account(
        mut,
        has_one = liquidity_vault @ HoldfastError::WrongVault,
        has_one = insurance_vault @ HoldfastError::WrongVault,
    )]
    pub silo: AccountLoader<'info, Silo>,
    /// The silo's vault, by its address.
    /// CHECK: equal to the liquidity vault in the silo whose fuse is tripped (`has_one`).
    pub liquidity_vault: UncheckedAccount<'info>,
    /// The silo's vault, by its address.
    /// CHECK: equal to the insurance vault in the silo whose fuse is tripped (`has_one`).
    pub insurance_vault: UncheckedAccount<'info>,
    /// An account of the silo that contradicts itself, where that is the proof.
    #[account(has_one = silo @ HoldfastError::WrongSilo)]
    pub account: Option<AccountLoader<'info, MarginAccount>>,
}

/// Lets a silo only reduce from now on, with its books as the proof: its ledger does not sum up, a vault
/// holds less than it counts on, or an account contradicts itself. What is missing is left out of the
/// books from now on, so that everybody can still leave; where more is missing later, that is another
/// proof.
pub fn trip_fuse(ctx: Context<TripFuse>) -> Result<()> {
    let accounts = &ctx.accounts;
    let mut silo = accounts.silo.load_mut()?;
    let held = accessor::amount(&accounts.liquidity_vault)?;
    let held_insurance = accessor::amount(&accounts.insurance_vault)?;
    let gap = silo.books(held, held_insurance)?.gap().into_program_error()?;
    let proves = match &accounts.account {
        Some(account) => account.load()?.invariant().is_err() && silo.trip.tripped == 0,
        None => gap.exceeds(&silo.trip.gap()),
    };
    require!(proves, HoldfastError::BooksSound);
    silo.trip = TripState::from(&gap);
    emit!(FuseTripped {
        silo: accounts.silo.key(),
        unbacked: gap.unbacked.0,
        unclaimed: gap.unclaimed.0,
        short: gap.short.0,
        short_insurance: gap.short_insurance.0,
    });
    Ok(())
}
