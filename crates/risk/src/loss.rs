//! Who bears a loss that a position's margin does not cover.

use crate::units::Usd;

/// What may be drawn for one loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cushions {
    /// Insurance this loss may use: the fund less its outage reserve, within the epoch's cap.
    pub insurance: Usd,
    /// The silo's liquidity.
    pub liquidity: Usd,
}

/// A loss divided among its bearers; the three parts sum to the loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Drawn from insurance.
    pub insurance: Usd,
    /// Drawn from the silo's liquidity.
    pub liquidity: Usd,
    /// Covered by nobody in this silo: it lowers what pending profit can be paid.
    pub uncovered: Usd,
}

/// Divides `bad_debt` in the order insurance, liquidity, uncovered. Never fails, never rounds.
pub fn split(bad_debt: Usd, cushions: Cushions) -> Split {
    let insurance = bad_debt.0.min(cushions.insurance.0);
    let left = bad_debt.0.saturating_sub(insurance);
    let liquidity = left.min(cushions.liquidity.0);
    Split {
        insurance: Usd(insurance),
        liquidity: Usd(liquidity),
        uncovered: Usd(left.saturating_sub(liquidity)),
    }
}

#[cfg(test)]
#[path = "loss_tests.rs"]
mod tests;
