//! Which pending profit matures now, and into how much.

use anchor_lang::prelude::*;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::account::profit::{self, Matured};
use holdfast_risk::chain::policy::Action;
use holdfast_risk::{Bps, Millis};

use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::state::{MarginAccount, Silo};

/// The books after an account's pending profit matured. What the silo cannot pay is given up, which only
/// its owner may do: for anyone else, who does not own it, it waits.
#[inline]
pub fn matured(silo: &Silo, account: &MarginAccount, chain: &Chain, owns: bool) -> Result<Matured> {
    chain.within(silo).require(Action::MatureProfit)?;
    let due = Millis(account.profit_since_ms).after(Millis(silo.terms.maturity_ms));
    require!(account.pending_profit > 0 && chain.now >= due, HoldfastError::NotMatured);
    let share = Bps(silo.terms.payable_share_bps);
    profit::mature(&Ledger::from(&silo.ledger), account.balances(), share, owns)
        .into_program_error()
}
