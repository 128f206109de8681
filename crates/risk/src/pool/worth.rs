//! What the pools are worth for joining and for leaving.
//!
//! Nobody knows how much of the traders' debts and losses will be paid. So they count against whoever
//! moves: in full for joining, and only as far as they are covered for leaving.

use crate::account::ledger::Ledger;
use crate::market::exposure::{SideTotal, side_gain};
use crate::math::{Overflow, Rounding};
use crate::units::{Bps, CarryIndex, Price, Side, SignedUsd, Usd};

/// Positions of up to this share of the pool's cash in one market do not need a price of their own.
const TRIFLE: Bps = Bps(100);

/// One side of a market as a pool request values it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideExposure {
    /// Which side.
    pub side: Side,
    /// All its positions.
    pub total: SideTotal,
    /// What a unit counts for, against whoever joins or leaves.
    pub price: Price,
    /// The side's carry index.
    pub carry: CarryIndex,
    /// The margin that a position needed when it was opened.
    pub initial: Bps,
}

/// What the traders of a silo would gain and lose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TradersResult {
    /// Gains of the sides that gain.
    gains: Usd,
    /// Losses of the others.
    losses: Usd,
    /// The part of the losses that initial margin covers.
    covered: Usd,
}

impl TradersResult {
    /// Adds one side of one market.
    ///
    /// # Errors
    /// [`Overflow`] when a sum does not fit.
    pub fn add(&mut self, exposure: &SideExposure) -> Result<(), Overflow> {
        let SideExposure { side, total, price, carry, initial } = exposure;
        let gain = side_gain(*side, total, *price, *carry)?;
        self.gains = self.gains.plus(gain.gain())?;
        self.losses = self.losses.plus(gain.loss())?;
        let margin = total.entry.portion(*initial, Rounding::Down)?;
        self.covered = self.covered.plus(gain.loss().min(margin))?;
        Ok(())
    }
}

/// Whether a side's positions are too small to hold up a request while their market has no price.
///
/// # Errors
/// [`Overflow`] when its value does not fit.
pub fn is_trifle(total: &SideTotal, price: Price, cash: Usd) -> Result<bool, Overflow> {
    let value = crate::account::position::notional(total.size, price, Rounding::Up)?;
    let most = cash.portion(TRIFLE, Rounding::Down)?;
    Ok(value.max(total.entry) <= most)
}

/// What the liquidity pool is worth: its cash less pending profit and what traders would gain, plus
/// what they would lose. Negative when it owes more than it has.
///
/// For joining, accounts' debt and all losses count. For leaving, debt does not count, and losses only
/// as far as the initial margin of their side and the silo's whole collateral cover them: what a crash
/// took beyond that is paid out to nobody.
///
/// # Errors
/// [`Overflow`] when a sum does not fit.
pub fn liquidity(
    ledger: &Ledger,
    traders: &TradersResult,
    joins: bool,
) -> Result<SignedUsd, Overflow> {
    let owed = ledger.pending_profit.plus(traders.gains)?;
    let has = if joins {
        ledger.liquidity.plus(ledger.debt)?.plus(traders.losses)?
    } else {
        ledger.liquidity.plus(traders.covered.min(ledger.collateral))?
    };
    has.signed()?.minus(owed.signed()?)
}

/// What the insurance fund is worth: its cash, and for leaving less all debt that may still become
/// bad, so that nobody leaves ahead of a loss.
///
/// # Errors
/// [`Overflow`] when it exceeds `i64`.
pub fn insurance(ledger: &Ledger, joins: bool) -> Result<SignedUsd, Overflow> {
    let fund = ledger.insurance.signed()?;
    if joins { Ok(fund) } else { fund.minus(ledger.debt.signed()?) }
}

#[cfg(test)]
#[path = "worth_tests.rs"]
mod tests;
