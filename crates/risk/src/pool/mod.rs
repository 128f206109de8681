//! Joining and leaving the liquidity pool and the insurance fund.

pub mod request;
pub mod share;
pub mod worth;

use crate::account::ledger::Ledger;
use crate::account::profit::paid_in_full_by;
use crate::market::limits::removable;
use crate::math::Overflow;
use crate::pool::share::{LEAST_SHARES, Pool};
use crate::units::{Bps, SignedUsd, Usd};

/// A liquidity pool that is worth less than its cash over this takes no deposits: the price of a share
/// would depend too much on what traders are owed. So a deposit never takes a larger part of the pool
/// than this many times deposit ÷ cash.
const LEAST_WORTH_PART: i64 = 2;

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
    /// Removing it would leave open positions without enough liquidity, or pending profit without
    /// what pays it in full.
    InUse,
    /// Less than the owner accepts.
    BelowMinimum,
    /// It would pay nothing.
    Nothing,
    /// It would buy so few shares that rounding costs more than a millionth.
    TooSmall,
    /// The pool is worth too little beside its cash to price a share.
    Undervalued,
    /// An amount does not fit.
    Overflow,
}

impl From<Overflow> for PoolError {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

/// Books after somebody joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The silo.
    pub ledger: Ledger,
    /// Shares bought.
    pub shares: u64,
    /// Shares that nobody holds, issued before.
    pub unheld: u64,
}

/// Shares that a queued `deposit` buys in a pool worth `worth` with `shares` outstanding, and the
/// ledger after it joined.
///
/// # Errors
/// The reason why not; nothing was changed.
pub fn join(
    ledger: &Ledger,
    kind: PoolKind,
    worth: SignedUsd,
    shares: u64,
    deposit: Usd,
    least: u64,
) -> Result<Joined, PoolError> {
    let mut after = *ledger;
    let assets = assets_of(&mut after, kind);
    let part = worth.0.checked_mul(LEAST_WORTH_PART).ok_or(Overflow)?;
    if part < assets.signed()?.0 {
        return Err(PoolError::Undervalued);
    }
    *assets = assets.plus(deposit)?;
    after.queued = after.queued.minus(deposit)?;

    let pool = Pool { assets: worth.gain(), shares }.founded();
    let bought = pool.shares_for(deposit)?;
    if bought < LEAST_SHARES {
        return Err(PoolError::TooSmall);
    }
    if bought < least {
        return Err(PoolError::BelowMinimum);
    }
    let unheld = pool.shares.saturating_sub(shares);
    Ok(Joined { ledger: after, shares: bought, unheld })
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

/// What has to stay in the liquidity pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Entry value of the silo's open positions.
    pub open: Usd,
    /// Its largest share of liquidity.
    pub utilisation: Bps,
    /// Share of liquidity that pending profit may be paid from.
    pub payable_share: Bps,
}

impl Claims {
    /// What liquidity providers may take out: open positions keep the liquidity behind them, and
    /// profit that is payable in full stays so.
    fn leave(&self, ledger: &Ledger) -> Result<Usd, Overflow> {
        let behind_positions = removable(ledger.liquidity, self.open, self.utilisation)?;
        let owed = paid_in_full_by(ledger.pending_profit, self.payable_share)?;
        Ok(behind_positions.min(Usd(ledger.liquidity.0.saturating_sub(owed.0))))
    }
}

/// What `exit` pays out of a pool worth `worth` with `shares` outstanding, and the ledger after it
/// left.
///
/// # Errors
/// The reason why not; nothing was changed.
pub fn leave(
    ledger: &Ledger,
    kind: PoolKind,
    worth: SignedUsd,
    shares: u64,
    exit: Exit,
    claims: &Claims,
) -> Result<(Ledger, Usd), PoolError> {
    let worth = Pool { assets: worth.gain(), shares }.founded().amount_for(exit.shares)?;
    let paid = exit.at_request.map_or(worth, |then| then.min(worth));
    if paid.0 == 0 {
        return Err(PoolError::Nothing);
    }
    if paid < exit.least {
        return Err(PoolError::BelowMinimum);
    }
    if kind == PoolKind::Liquidity && paid > claims.leave(ledger)? {
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
