//! Joining and leaving the liquidity pool and the insurance fund.

pub mod share;

use crate::account::ledger::Ledger;
use crate::market::limits::removable;
use crate::math::Overflow;
use crate::pool::share::Pool;
use crate::units::{Bps, SignedUsd, Usd};

/// Which pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// Takes the other side of every trade.
    Liquidity,
    /// Pays bad debt first.
    Insurance,
}

/// Why a request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolError {
    /// Removing it would leave open positions without enough liquidity.
    InUse,
    /// Less than the owner accepts.
    BelowMinimum,
    /// It would buy or pay nothing.
    Nothing,
    /// An amount does not fit.
    Overflow,
}

impl From<Overflow> for PoolError {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

/// What the liquidity pool is worth to its holders: its cash less pending profit and what traders
/// would gain; nothing when that is negative.
///
/// Nobody knows how much of the accounts' debt will be paid. It counts in full for who joins and not
/// at all for who leaves, so that nobody gains from knowing better.
///
/// # Errors
/// [`Overflow`] when a sum does not fit.
pub fn liquidity_value(
    ledger: &Ledger,
    traders_gain: SignedUsd,
    joins: bool,
) -> Result<Usd, Overflow> {
    let owed = ledger.pending_profit.signed()?.plus(traders_gain)?;
    let has = if joins { ledger.liquidity.plus(ledger.debt)? } else { ledger.liquidity };
    Ok(has.signed()?.minus(owed)?.gain())
}

/// Shares that a queued `deposit` buys, and the ledger after it joined.
///
/// # Errors
/// The reason why not; nothing was changed.
pub fn join(
    ledger: &Ledger,
    kind: PoolKind,
    pool: Pool,
    deposit: Usd,
    least: u64,
) -> Result<(Ledger, u64), PoolError> {
    let shares = pool.shares_for(deposit)?;
    if shares == 0 {
        return Err(PoolError::Nothing);
    }
    if shares < least {
        return Err(PoolError::BelowMinimum);
    }
    let mut after = *ledger;
    after.queued = after.queued.minus(deposit)?;
    let assets = assets_of(&mut after, kind);
    *assets = assets.plus(deposit)?;
    Ok((after, shares))
}

/// A request to leave a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Shares given up.
    pub shares: u64,
    /// Their worth when they were given up, where that is an upper bound: an insurance stake leaves
    /// at the lower of its value then and now.
    pub at_request: Option<Usd>,
    /// The owner accepts no less.
    pub least: Usd,
}

/// What `exit` pays, and the ledger after it left. Liquidity in use stays.
///
/// # Errors
/// The reason why not; nothing was changed.
pub fn leave(
    ledger: &Ledger,
    kind: PoolKind,
    pool: Pool,
    exit: Exit,
    open: Usd,
    utilisation: Bps,
) -> Result<(Ledger, Usd), PoolError> {
    let worth = pool.amount_for(exit.shares)?;
    let paid = exit.at_request.map_or(worth, |then| then.min(worth));
    if paid.0 == 0 {
        return Err(PoolError::Nothing);
    }
    if paid < exit.least {
        return Err(PoolError::BelowMinimum);
    }
    if kind == PoolKind::Liquidity && paid > removable(ledger.liquidity, open, utilisation)? {
        return Err(PoolError::InUse);
    }
    let mut after = *ledger;
    let assets = assets_of(&mut after, kind);
    *assets = assets.minus(paid)?;
    Ok((after, paid))
}

fn assets_of(ledger: &mut Ledger, kind: PoolKind) -> &mut Usd {
    match kind {
        PoolKind::Liquidity => &mut ledger.liquidity,
        PoolKind::Insurance => &mut ledger.insurance,
    }
}

#[cfg(test)]
mod tests;
