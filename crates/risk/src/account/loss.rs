//! Who bears a loss that an account's margin does not cover, and which market it is charged to.

use crate::math::{Overflow, Rounding};
use crate::units::{Bps, Millis, Usd};

/// Markets of a silo.
pub const MARKETS: usize = 16;

/// An amount for each market of a silo, native units.
pub type ByMarket = [u64; MARKETS];

/// Length of the period over which draws on insurance are capped.
const EPOCH: Millis = Millis::DAY;

/// How far losses may reach into the fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsuranceTerms {
    /// Share of the fund at the beginning of a period, less what stakers took out since, that is kept for
    /// outages.
    pub outage_reserve: Bps,
    /// The most that one market draws in a period, as a share of the same.
    pub epoch_cap: Bps,
}

/// A silo's running period of draws on insurance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsuranceDraws<'a> {
    /// When it began.
    pub since: Millis,
    /// The fund at that moment: reserve and cap are shares of it, so that draws do not shrink them.
    pub start: Usd,
    /// Drawn since, by the market that is charged.
    pub drawn: &'a ByMarket,
}

/// What covers a loss that a trade in one market leaves behind. Large values are borrowed, because
/// they are read only when there is a debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossCover<'a> {
    /// Index of the market that is traded.
    pub market: u8,
    /// The account's debt before, by the market where it arose.
    pub debts: &'a ByMarket,
    /// The silo's running period.
    pub draws: InsuranceDraws<'a>,
    /// How far losses may reach into the fund.
    pub terms: InsuranceTerms,
    /// The venue's clock.
    pub now: Millis,
}

/// A bad debt as it was charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charged {
    /// When the period began.
    pub since: Millis,
    /// The fund at that moment.
    pub start: Usd,
    /// Drawn since, by market.
    pub drawn: ByMarket,
    /// What insurance pays of this debt.
    pub insured: Usd,
}

/// `debts` after a settlement in `market` turned a debt of `owed` into one of `unpaid`: an increase
/// belongs to that market; a payment reduces debts in the order of the markets.
///
/// # Errors
/// [`Overflow`] when a sum does not fit or the silo has no such `market`.
pub fn debts_after(
    debts: &ByMarket,
    market: u8,
    owed: Usd,
    unpaid: Usd,
) -> Result<ByMarket, Overflow> {
    let mut debts = *debts;
    if unpaid >= owed {
        let debt = debts.get_mut(usize::from(market)).ok_or(Overflow)?;
        *debt = Usd(*debt).plus(unpaid.minus(owed)?)?.0;
    } else {
        take(&mut debts, owed.minus(unpaid)?);
    }
    Ok(debts)
}

/// Takes `amount` off `debts`, in the order of the markets.
pub(super) fn take(debts: &mut ByMarket, amount: Usd) {
    let mut left = amount.0;
    for debt in debts {
        let taken = left.min(*debt);
        *debt = debt.saturating_sub(taken);
        left = left.saturating_sub(taken);
    }
}

impl LossCover<'_> {
    /// What insurance pays where an account that owed `owed` leaves `unpaid` behind for good.
    ///
    /// # Errors
    /// [`Overflow`] when an amount does not fit.
    pub fn insure(&self, owed: Usd, unpaid: Usd, fund: Usd) -> Result<Charged, Overflow> {
        self.charge(&debts_after(self.debts, self.market, owed, unpaid)?, fund)
    }

    /// Charges `debts` to the markets where they arose. A market draws no more than its cap in a
    /// period, and all together leave the reserve; both are shares of the fund that the period began
    /// with, less what stakers have taken out of it since. Shares round in the fund's favour.
    ///
    /// # Errors
    /// [`Overflow`] when an amount does not fit.
    pub fn charge(&self, debts: &ByMarket, fund: Usd) -> Result<Charged, Overflow> {
        let InsuranceDraws { since, start, drawn } = self.draws;
        let runs = since.0 != 0 && self.now < since.after(EPOCH);
        let (since, start) = if runs { (since, start) } else { (self.now, fund) };
        let mut drawn = if runs { *drawn } else { [0; MARKETS] };

        let spent = drawn.iter().fold(0_u64, |sum, drawn| sum.saturating_add(*drawn));
        // Draws do not shrink it, and neither does what came in since enlarge it.
        let base = start.min(Usd(fund.0.saturating_add(spent)));
        let reserve = base.portion(self.terms.outage_reserve, Rounding::Up)?.0;
        let cap = base.portion(self.terms.epoch_cap, Rounding::Down)?.0;
        let available = base.0.saturating_sub(reserve).saturating_sub(spent);

        let mut left = available;
        for (debt, drawn) in debts.iter().zip(&mut drawn) {
            let paid = left.min(*debt).min(cap.saturating_sub(*drawn));
            left = left.saturating_sub(paid);
            *drawn = drawn.saturating_add(paid);
        }
        Ok(Charged { since, start, drawn, insured: Usd(available).minus(Usd(left))? })
    }
}

#[cfg(test)]
#[path = "loss_tests.rs"]
pub(crate) mod tests;
