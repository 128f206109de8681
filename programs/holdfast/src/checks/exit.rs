//! How much of an exit is paid now.

use anchor_lang::prelude::*;
use holdfast_risk::Usd;
use holdfast_risk::chain::landing::counted_until;
use holdfast_risk::chain::policy::Action;
use holdfast_risk::chain::rate_limit::payable;

use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::state::MarginAccount;

/// What an account's exit may be paid now; an error where none waits or nothing more of it is due yet.
#[inline]
pub fn payable_exit(account: &MarginAccount, chain: &Chain) -> Result<Usd> {
    require!(account.exit_amount > 0, HoldfastError::NoExit);
    let permit = chain.permit(Action::WithdrawIdle);
    let (exit, slots) = (account.exit(), chain.slot.saturating_sub(account.exit_slot));
    let now = counted_until(exit.requested, slots, chain.now);
    let amount = payable(exit, now, permit).into_program_error()?;
    require!(amount.0 > 0, HoldfastError::OutflowLimit);
    Ok(amount)
}
