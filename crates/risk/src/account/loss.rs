//! Who bears a loss that an account's margin does not cover.

use crate::math::{Overflow, Rounding};
use crate::units::{Bps, Millis, Usd};

/// Length of the period over which a market's draw on insurance is capped.
const EPOCH: Millis = Millis::DAY;

/// What a market has drawn from insurance in the running period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InsuranceDraw {
    /// When the period began.
    pub since: Millis,
    /// The fund at that moment: the cap's base, so that draws do not shrink it.
    pub fund: Usd,
    /// Drawn since.
    pub amount: Usd,
}

/// How far ordinary losses may reach into the fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsuranceTerms {
    /// Kept for outages: ordinary losses cannot touch this share of the fund.
    pub outage_reserve: Bps,
    /// One market's draw in a period ends at this share of the fund.
    pub epoch_cap: Bps,
}

/// What may be drawn for one loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cushions {
    /// Insurance this loss may use.
    pub insurance: Usd,
    /// The silo's liquidity.
    pub liquidity: Usd,
}

/// A loss divided among its bearers; the three parts sum to the loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Drawn from insurance.
    pub insurance: Usd,
    /// Borne by the silo's liquidity.
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

impl InsuranceDraw {
    /// The period `now` belongs to: this one, or a new one that begins with the present fund.
    pub fn at(self, now: Millis, fund: Usd) -> Self {
        if now < self.since.after(EPOCH) && self.since.0 != 0 {
            return self;
        }
        Self { since: now, fund, amount: Usd(0) }
    }

    /// What a loss may still take of a `fund`, rounded down.
    ///
    /// # Errors
    /// [`Overflow`] when a share exceeds 100 %.
    pub fn available(&self, fund: Usd, terms: InsuranceTerms) -> Result<Usd, Overflow> {
        let reserve = fund.portion(terms.outage_reserve, Rounding::Up)?;
        let cap = self.fund.portion(terms.epoch_cap, Rounding::Down)?;
        let under_cap = cap.0.saturating_sub(self.amount.0);
        Ok(Usd(fund.minus(reserve)?.0.min(under_cap)))
    }
}

#[cfg(test)]
#[path = "loss_tests.rs"]
mod tests;
