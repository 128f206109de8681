//! How much margin an account needs, and where it stands against it.

use crate::account::ledger::AccountBalances;
use crate::account::position::{Position, notional};
use crate::math::{Overflow, Rounding};
use crate::units::{Bps, CarryIndex, Price, SignedUsd, Usd};

/// Margin ratios of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratios {
    /// Needed to open, increase or withdraw.
    pub initial: Bps,
    /// Below it the account may be flagged and liquidated.
    pub maintenance: Bps,
}

/// One open position with what its market says about it.
#[derive(Clone, Copy, Debug)]
pub struct Leg {
    /// The position.
    pub position: Position,
    /// The price it is valued at.
    pub price: Price,
    /// Its side's carry index now.
    pub carry: CarryIndex,
    /// Its market's ratios.
    pub ratios: Ratios,
}

/// Where an account stands: equity against summed requirements. Markets never offset each other's
/// requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Collateral, pending profit and the unrealised result of every position, less debt.
    pub equity: SignedUsd,
    /// The part of the equity that has not become collateral: pending profit and the
    /// positions in gain. It backs positions but cannot be withdrawn.
    pub unrealised: Usd,
    /// Sum of the initial requirements.
    pub initial: Usd,
    /// Sum of the maintenance requirements.
    pub maintenance: Usd,
}

/// Margin asked of `notional` at `ratio`, rounded up (against the trader).
///
/// # Errors
/// [`Overflow`] when the requirement exceeds `u64` native units.
pub fn requirement(notional: Usd, ratio: Bps) -> Result<Usd, Overflow> {
    notional.portion(ratio, Rounding::Up)
}

/// Whether `equity` covers `requirement`; equal is enough.
pub fn covers(equity: SignedUsd, requirement: Usd) -> bool {
    equity.0 >= 0 && equity.0.unsigned_abs() >= requirement.0
}

impl Leg {
    /// Unrealised profit less carry owed.
    ///
    /// # Errors
    /// [`Overflow`] when it does not fit `i64` native units.
    pub fn result(&self) -> Result<SignedUsd, Overflow> {
        self.position.profit(self.price)?.minus(self.position.carry_owed(self.carry)?)
    }

    /// The position's value, rounded up.
    ///
    /// # Errors
    /// [`Overflow`] when it exceeds `u64` native units.
    pub fn notional(&self) -> Result<Usd, Overflow> {
        notional(self.position.size.size(), self.price, Rounding::Up)
    }
}

impl Health {
    /// An account's money, before its positions.
    ///
    /// # Errors
    /// [`Overflow`] when the sum does not fit `i64` native units.
    pub fn new(balances: &AccountBalances) -> Result<Self, Overflow> {
        Ok(Self {
            equity: balances.owned()?,
            unrealised: balances.pending_profit,
            initial: Usd(0),
            maintenance: Usd(0),
        })
    }

    /// Adds a position and says what maintenance it asks.
    ///
    /// # Errors
    /// [`Overflow`] when a sum does not fit its type.
    pub fn add(&mut self, leg: &Leg) -> Result<Usd, Overflow> {
        let result = leg.result()?;
        let notional = leg.notional()?;
        self.equity = self.equity.plus(result)?;
        self.unrealised = self.unrealised.plus(result.gain())?;
        self.initial = self.initial.plus(requirement(notional, leg.ratios.initial)?)?;
        let maintenance = requirement(notional, leg.ratios.maintenance)?;
        self.maintenance = self.maintenance.plus(maintenance)?;
        Ok(maintenance)
    }

    /// Whether the account has the margin that opening, increasing and withdrawing need.
    pub fn meets_initial(&self) -> bool {
        covers(self.equity, self.initial)
    }

    /// Whether the account is safe from liquidation.
    pub fn meets_maintenance(&self) -> bool {
        covers(self.equity, self.maintenance)
    }

    /// What is missing to be safe from liquidation.
    pub fn shortfall(&self) -> Usd {
        let missing = i128::from(self.maintenance.0).saturating_sub(i128::from(self.equity.0));
        Usd(u64::try_from(missing.max(0)).unwrap_or(u64::MAX))
    }

    /// Half of what maintenance asks.
    pub const fn deep_line(&self) -> Usd {
        Usd(self.maintenance.0 / 2)
    }

    /// Whether the account has lost so much that whole positions are closed, also in Shelter.
    pub fn is_deeply_insolvent(&self) -> bool {
        !covers(self.equity, self.deep_line())
    }

    /// Collateral that can be withdrawn: the excess of equity, without unrealised gains, over the
    /// initial requirement.
    pub fn withdrawable(&self, collateral: Usd) -> Usd {
        let free = i128::from(self.equity.0)
            .saturating_sub(i128::from(self.unrealised.0))
            .saturating_sub(i128::from(self.initial.0));
        Usd(u64::try_from(free.max(0)).unwrap_or(u64::MAX).min(collateral.0))
    }
}

#[cfg(test)]
#[path = "margin_tests.rs"]
mod tests;
