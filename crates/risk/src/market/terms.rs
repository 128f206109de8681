//! A market's settings and the bounds no administrator can leave.

use crate::account::liquidation;
use crate::account::margin::Ratios;
use crate::chain::health::{ChainSample, Monitor, Thresholds};
use crate::chain::latency;
use crate::market::carry::FundingTerms;
use crate::market::limits::Caps;
use crate::market::reading::Limits;
use crate::market::reference::BandTerms;
use crate::market::spread::Spread;
use crate::math::Overflow;
use crate::units::{Bps, Millis, Ppm, Size};

/// Everything a market is listed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketTerms {
    /// Margin ratios.
    pub ratios: Ratios,
    /// Liquidation settings.
    pub liquidation: liquidation::Terms,
    /// Spread settings.
    pub spread: Spread,
    /// Funding settings.
    pub funding: FundingTerms,
    /// Least volatility assumed of a minute.
    pub tier_volatility: Ppm,
    /// Borrow rate at full utilisation, in billionths of notional per hour.
    pub borrow: u32,
    /// Caps on opening.
    pub caps: Caps,
    /// Taker fee.
    pub taker_fee: Bps,
    /// Limits on readings.
    pub quotes: Limits,
    /// A reading further than this from the median is dropped.
    pub divergence: Bps,
    /// The band that gates liquidation.
    pub band: BandTerms,
    /// Notional a market's liquidations may close in a minute of a thaw, as a share of the silo's
    /// liquidity.
    pub thaw_pace: Bps,
    /// From an order's request to the first price it may get.
    pub execution_delay: Millis,
    /// From a flag to the first price a liquidation may use.
    pub flag_delay: Millis,
}

/// Which bound a setting leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfBounds {
    /// Maintenance does not cover the tier's move over the longest wait, plus the penalty.
    Latency,
    /// Maintenance below 0.5 %, initial above 100 %, or initial not above maintenance.
    Ratios,
    /// Penalty not below maintenance, a share above 100 %, shares falling, no smallest size, or a
    /// ramp above an hour.
    Liquidation,
    /// Base spread above 1 %, no depth, or a volatility share above 100 %.
    Spread,
    /// Funding above 1 % or borrowing above 0.1 % an hour, or no full skew.
    Carry,
    /// No cap on a side, an account's share above 100 %, or utilisation zero or above 500 %.
    Caps,
    /// Taker fee above 1 %.
    Fee,
    /// Age outside 1–300 s, future above 60 s, or confidence zero or above 5 %.
    Quotes,
    /// A delay outside 1–30 s.
    Delay,
    /// Divergence outside 0.1–10 %, a band outside 1–50 %, or a reference that moves by less than
    /// 0.01 % or more than 5 % a minute.
    Band,
    /// A pace outside 0.1–100 % of liquidity a minute.
    Pace,
}

impl MarketTerms {
    /// Whether every setting is within its bounds.
    ///
    /// # Errors
    /// The first bound left.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        let delay = Millis::SECOND..=Millis::SECOND.times(30);
        let within = [
            (self.ratios_hold(), OutOfBounds::Ratios),
            (self.liquidation_holds(), OutOfBounds::Liquidation),
            (self.latency_holds(), OutOfBounds::Latency),
            (self.spread_holds(), OutOfBounds::Spread),
            (self.carry_holds(), OutOfBounds::Carry),
            (self.caps_hold(), OutOfBounds::Caps),
            (self.taker_fee <= Bps(100), OutOfBounds::Fee),
            (self.quotes_hold(), OutOfBounds::Quotes),
            (delay.contains(&self.execution_delay), OutOfBounds::Delay),
            (delay.contains(&self.flag_delay), OutOfBounds::Delay),
            (self.band_holds(), OutOfBounds::Band),
            ((Bps(10)..=Bps(10_000)).contains(&self.thaw_pace), OutOfBounds::Pace),
        ];
        within.iter().find(|(holds, _)| !holds).map_or(Ok(()), |&(_, broken)| Err(broken))
    }

    /// Least maintenance that these terms may be listed with. Waiting is deliberate, so it has to
    /// outlast the longest wait at the tier's volatility, and pay the penalty.
    ///
    /// # Errors
    /// [`Overflow`] when it exceeds `u16` basis points.
    pub fn least_maintenance(&self) -> Result<Bps, Overflow> {
        let chain = Monitor::new(&ChainSample::default());
        let wait = latency::exposure(self.flag_delay, &chain, &Thresholds::default());
        let covered = latency::covered_move(self.tier_volatility, wait)?;
        covered.0.checked_add(self.liquidation.penalty.0).map(Bps).ok_or(Overflow)
    }

    fn ratios_hold(&self) -> bool {
        let Ratios { initial, maintenance } = self.ratios;
        maintenance >= Bps(50) && initial > maintenance && initial <= Bps(10_000)
    }

    fn latency_holds(&self) -> bool {
        self.tier_volatility > Ppm(0)
            && self.least_maintenance().is_ok_and(|least| self.ratios.maintenance >= least)
    }

    fn liquidation_holds(&self) -> bool {
        let terms = self.liquidation;
        terms.penalty < self.ratios.maintenance
            && terms.first_share <= terms.last_share
            && terms.last_share <= Bps(10_000)
            && terms.smallest > Size(0)
            && terms.ramp <= Millis::HOUR
    }

    fn spread_holds(&self) -> bool {
        let Spread { base, depth, volatility_share } = self.spread;
        base <= Ppm(10_000) && depth > Size(0) && volatility_share <= Bps(10_000)
    }

    fn carry_holds(&self) -> bool {
        self.funding.cap <= 10_000_000
            && self.funding.full_skew > Size(0)
            && self.borrow <= 1_000_000
    }

    fn caps_hold(&self) -> bool {
        let Caps { side, account_share, utilisation } = self.caps;
        let used = Bps(1)..=Bps(50_000);
        side > Size(0) && account_share <= Bps(10_000) && used.contains(&utilisation)
    }

    fn band_holds(&self) -> bool {
        (Bps(10)..=Bps(1_000)).contains(&self.divergence)
            && (Bps(100)..=Bps(5_000)).contains(&self.band.width)
            && (Bps(1)..=Bps(500)).contains(&self.band.speed)
    }

    fn quotes_hold(&self) -> bool {
        let age = Millis::SECOND..=Millis::MINUTE.times(5);
        let confidence = Bps(1)..=Bps(500);
        age.contains(&self.quotes.age)
            && self.quotes.future <= Millis::MINUTE
            && confidence.contains(&self.quotes.confidence)
    }
}

#[cfg(test)]
#[path = "terms_tests.rs"]
pub(crate) mod tests;
