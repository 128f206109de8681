//! A market's settings and the bounds no administrator can leave.

use crate::account::liquidation;
use crate::account::margin::Ratios;
use crate::bounds::{self, OutOfBounds};
use crate::chain::health::{ChainSample, Monitor, Thresholds};
use crate::chain::latency;
use crate::market::belief::SUDDEN_PART;
use crate::market::carry::FundingTerms;
use crate::market::limits::Caps;
use crate::market::reading::Limits;
use crate::market::reference::BandTerms;
use crate::market::spread::Spread;
use crate::math::Overflow;
use crate::units::{Bps, Millis, Ppm, Size};

/// A market's depth is at least this many times what can be open on a side.
const LEAST_DEPTH: u64 = 10;
/// Twice this still fits its type, as the spread needs.
const LARGEST_DEPTH: Size = Size(1 << 62);
/// A silo's pool requests wait at least this long.
pub const LEAST_REQUEST_DELAY: Millis = Millis::SECOND.times(5);

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
    /// A price stored later than this after its publication decides nothing.
    pub decide_within: Millis,
    /// A reading further than this from the median is dropped.
    pub divergence: Bps,
    /// The band around the reference: a price outside it is not believed.
    pub band: BandTerms,
    /// Notional a market's liquidations may close in a minute of a thaw, as a share of the silo's
    /// liquidity.
    pub thaw_pace: Bps,
    /// From an order's request to the first price it may get.
    pub execution_delay: Millis,
    /// From a flag to the first price a liquidation may use.
    pub flag_delay: Millis,
}

impl MarketTerms {
    /// Whether every setting is within its bounds: for every set of terms that passes, positions can
    /// be closed and liquidated, prices are taken, and nobody requests and executes at once.
    ///
    /// # Errors
    /// The first setting that leaves its bounds.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        self.check_margin()?;
        self.check_liquidation()?;
        self.check_costs()?;
        self.check_sizes()?;
        self.check_prices()?;
        self.check_times()
    }

    /// Whether these terms suit a market with this much open on each side: closing all of it must cost
    /// no more than listing allows.
    ///
    /// # Errors
    /// The first setting that leaves its bounds.
    pub fn check_open(&self, longs: Size, shorts: Size) -> Result<(), OutOfBounds> {
        let deep = self.is_deep_enough(longs.max(shorts));
        bounds::check(&[("depth", "at least ten times what is open on either side", deep)])
    }

    /// Least maintenance that these terms may be listed with. Liquidations wait deliberately, so it has
    /// to cover the move of the longest wait at the tier's volatility, and the penalty.
    ///
    /// # Errors
    /// [`Overflow`] when it exceeds `u16` basis points.
    pub fn least_maintenance(&self) -> Result<Bps, Overflow> {
        let chain = Monitor::new(&ChainSample::default());
        let wait = latency::exposure(self.flag_delay, &chain, &Thresholds::default());
        let covered = latency::covered_move(self.tier_volatility, wait)?;
        covered.0.checked_add(self.liquidation.penalty.0).map(Bps).ok_or(Overflow)
    }

    fn check_margin(&self) -> Result<(), OutOfBounds> {
        let Ratios { initial, maintenance } = self.ratios;
        let covered = self.least_maintenance().is_ok_and(|least| maintenance >= least);
        let apart = initial.0.saturating_sub(maintenance.0);
        let withstands_print = apart > 0 && apart >= self.band.width.0 / (SUDDEN_PART / 2);
        bounds::check(&[
            ("maintenance_bps", "at least 50", maintenance >= Bps(50)),
            (
                "initial_bps",
                "above maintenance_bps by a fifteenth of band_bps, and at most 10,000",
                withstands_print && initial <= Bps(10_000),
            ),
            ("tier_volatility_ppm", "at least 1", self.tier_volatility > Ppm(0)),
            (
                "maintenance_bps",
                "at least penalty_bps and the move that tier_volatility_ppm expects over the \
                 longest wait",
                covered,
            ),
        ])
    }

    fn check_liquidation(&self) -> Result<(), OutOfBounds> {
        let terms = self.liquidation;
        let penalty = terms.penalty >= Bps(10) && terms.penalty < self.ratios.maintenance;
        let last = (Bps(1_000)..=Bps(10_000)).contains(&terms.last_share);
        let pace = (Bps(10)..=Bps(10_000)).contains(&self.thaw_pace);
        let ramp = terms.ramp <= liquidation::FLAG_LIFETIME;
        bounds::check(&[
            ("penalty_bps", "at least 10 and below maintenance_bps", penalty),
            ("last_share_bps", "1,000 to 10,000", last),
            ("first_share_bps", "at most last_share_bps", terms.first_share <= terms.last_share),
            ("ramp_ms", "at most 300,000, the time a flag stands", ramp),
            ("thaw_pace_bps", "10 to 10,000", pace),
        ])
    }

    fn check_costs(&self) -> Result<(), OutOfBounds> {
        let Spread { base, volatility_share, .. } = self.spread;
        bounds::check(&[
            ("taker_fee_bps", "at most 100", self.taker_fee <= Bps(100)),
            ("base_spread_ppm", "at most 10,000", base <= Ppm(10_000)),
            ("volatility_share_bps", "at most 10,000", volatility_share <= Bps(10_000)),
            // The carry index has room for ten years of both at a price of 100,000.
            ("funding_cap_ppb", "at most 1,000,000", self.funding.cap <= 1_000_000),
            ("borrow_ppb", "at most 100,000", self.borrow <= 100_000),
        ])
    }

    fn check_sizes(&self) -> Result<(), OutOfBounds> {
        let Caps { side, account_share, utilisation } = self.caps;
        let smallest = self.liquidation.smallest;
        let used = (Bps(1_000)..=Bps(50_000)).contains(&utilisation);
        // Beyond it funding accrues no faster, but still costs by the skew: the further, the more whoever
        // builds the rate up cheaply earns by a large skew that brings it down.
        let full_skew = self.funding.full_skew.0 >= side.0.div_ceil(4);
        let depth = self.spread.depth <= LARGEST_DEPTH && self.is_deep_enough(side);
        bounds::check(&[
            ("side_cap", "at least 1", side > Size(0)),
            ("smallest", "1 to side_cap", smallest > Size(0) && smallest <= side),
            ("depth", "ten times side_cap to 2^62", depth),
            ("full_skew", "a quarter of side_cap at least", full_skew),
            ("account_share_bps", "at most 10,000", account_share <= Bps(10_000)),
            ("utilisation_bps", "1,000 to 50,000", used),
        ])
    }

    fn check_prices(&self) -> Result<(), OutOfBounds> {
        let within = |bps: Bps, least: u16, most: u16| (Bps(least)..=Bps(most)).contains(&bps);
        // Prices of real feeds are stored one to four seconds after they were published.
        let age = Millis::SECOND.times(15)..=Millis::MINUTE.times(5);
        bounds::check(&[
            ("age_ms", "15,000 to 300,000", age.contains(&self.quotes.age)),
            ("confidence_bps", "10 to 500", within(self.quotes.confidence, 10, 500)),
            ("divergence_bps", "10 to 1,000", within(self.divergence, 10, 1_000)),
            ("band_bps", "100 to 5,000", within(self.band.width, 100, 5_000)),
            ("reference_speed_bps", "1 to 500", within(self.band.speed, 1, 500)),
        ])
    }

    fn check_times(&self) -> Result<(), OutOfBounds> {
        let delay = Millis::SECOND..=Millis::SECOND.times(30);
        let deciding = Millis::SECOND.times(5)..=Millis::SECOND.times(10);
        // A price from the future that counts for a request made now would let one transaction
        // request and execute.
        let soonest = self.execution_delay.min(self.flag_delay).min(LEAST_REQUEST_DELAY);
        bounds::check(&[
            ("execution_delay_ms", "1,000 to 30,000", delay.contains(&self.execution_delay)),
            ("flag_delay_ms", "1,000 to 30,000", delay.contains(&self.flag_delay)),
            ("decide_within_ms", "5,000 to 10,000", deciding.contains(&self.decide_within)),
            (
                "future_ms",
                "below execution_delay_ms, flag_delay_ms and 5,000",
                self.quotes.future < soonest,
            ),
        ])
    }

    /// Whether closing `open` against a market that is all on the other side moves the price by a
    /// tenth at the most.
    fn is_deep_enough(&self, open: Size) -> bool {
        self.spread.depth.0 / LEAST_DEPTH >= open.0
    }
}

#[cfg(test)]
#[path = "terms_tests.rs"]
pub(crate) mod tests;

#[cfg(test)]
#[path = "corners_tests.rs"]
mod corners;
