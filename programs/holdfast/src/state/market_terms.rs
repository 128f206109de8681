use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};
use holdfast_risk::account::liquidation;
use holdfast_risk::account::margin::Ratios;
use holdfast_risk::market::carry::FundingTerms;
use holdfast_risk::market::limits::Caps;
use holdfast_risk::market::reading::Limits;
use holdfast_risk::market::reference::BandTerms;
use holdfast_risk::market::spread::Spread;
use holdfast_risk::market::terms::MarketTerms;
use holdfast_risk::{Bps, Millis, Ppm, Size};

/// A market's settings, as [`MarketTerms`].
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable, AnchorSerialize, AnchorDeserialize,
)]
pub struct MarketTermsState {
    /// Initial margin, basis points: above maintenance by a fifteenth of the band at least.
    pub initial_bps: u16,
    /// Maintenance margin, basis points.
    pub maintenance_bps: u16,
    /// Liquidation penalty, basis points.
    pub penalty_bps: u16,
    /// Liquidator's share of the penalty from the moment a liquidation is possible, basis points.
    pub first_share_bps: u16,
    /// Liquidator's share at the end of the ramp, basis points.
    pub last_share_bps: u16,
    /// Taker fee, basis points.
    pub taker_fee_bps: u16,
    /// Widest confidence, basis points of the price.
    pub confidence_bps: u16,
    /// Share of a minute's volatility in the spread, basis points.
    pub volatility_share_bps: u16,
    /// One account's notional in this market over the silo's liquidity, basis points. It binds each
    /// account, not its owner: who has several may hold as much in each, up to the caps on the market's
    /// sides and on utilisation, which bind everybody together.
    pub account_share_bps: u16,
    /// The silo's open notional over its liquidity, basis points.
    pub utilisation_bps: u16,
    /// A reading further than this from the median is dropped, basis points.
    pub divergence_bps: u16,
    /// Distance of the band's edges from the reference, basis points.
    pub band_bps: u16,
    /// The furthest the reference moves in a minute, basis points.
    pub reference_speed_bps: u16,
    /// Notional that liquidations may close in a minute of a thaw over the silo's liquidity, basis
    /// points.
    pub thaw_pace_bps: u16,
    /// Base half-spread, millionths.
    pub base_spread_ppm: u32,
    /// Highest funding rate, billionths of notional per hour.
    pub funding_cap_ppb: u32,
    /// Funding velocity at full skew, billionths per hour and day.
    pub funding_velocity_ppb: u32,
    /// Borrow rate at full utilisation, billionths per hour.
    pub borrow_ppb: u32,
    /// Least volatility assumed of a minute, millionths.
    pub tier_volatility_ppm: u32,
    /// Time over which the liquidator's share rises, milliseconds.
    pub ramp_ms: u64,
    /// Oldest reading, milliseconds.
    pub age_ms: u64,
    /// Reading furthest ahead of the clock, milliseconds.
    pub future_ms: u64,
    /// A price stored later than this after its publication decides nothing, milliseconds.
    pub decide_within_ms: u64,
    /// Delay from request to execution, milliseconds.
    pub execution_delay_ms: u64,
    /// Delay from flag to liquidation, milliseconds.
    pub flag_delay_ms: u64,
    /// Smallest position, millionths of a base unit.
    pub smallest: u64,
    /// Skew that would move the price by 100 %, millionths of a base unit.
    pub depth: u64,
    /// Skew at which funding moves at full velocity, millionths of a base unit.
    pub full_skew: u64,
    /// Open interest cap per side, millionths of a base unit.
    pub side_cap: u64,
}

const _: () = assert!(size_of::<MarketTermsState>() == 128);

impl MarketTermsState {
    /// Margin ratios.
    pub fn ratios(&self) -> Ratios {
        Ratios { initial: Bps(self.initial_bps), maintenance: Bps(self.maintenance_bps) }
    }

    /// Liquidation settings.
    pub fn liquidation(&self) -> liquidation::Terms {
        liquidation::Terms {
            penalty: Bps(self.penalty_bps),
            smallest: Size(self.smallest),
            first_share: Bps(self.first_share_bps),
            last_share: Bps(self.last_share_bps),
            ramp: Millis(self.ramp_ms),
        }
    }

    /// The band that gates liquidation.
    pub fn band(&self) -> BandTerms {
        BandTerms { width: Bps(self.band_bps), speed: Bps(self.reference_speed_bps) }
    }

    /// What a trade pays over the index price.
    pub fn spread(&self) -> Spread {
        Spread {
            base: Ppm(self.base_spread_ppm),
            depth: Size(self.depth),
            volatility_share: Bps(self.volatility_share_bps),
        }
    }

    /// Limits on readings.
    pub fn quotes(&self) -> Limits {
        Limits {
            age: Millis(self.age_ms),
            future: Millis(self.future_ms),
            confidence: Bps(self.confidence_bps),
        }
    }
}

impl From<&MarketTermsState> for MarketTerms {
    fn from(state: &MarketTermsState) -> Self {
        Self {
            ratios: state.ratios(),
            liquidation: state.liquidation(),
            spread: state.spread(),
            funding: FundingTerms {
                cap: state.funding_cap_ppb,
                velocity: state.funding_velocity_ppb,
                full_skew: Size(state.full_skew),
            },
            tier_volatility: Ppm(state.tier_volatility_ppm),
            borrow: state.borrow_ppb,
            caps: Caps {
                side: Size(state.side_cap),
                account_share: Bps(state.account_share_bps),
                utilisation: Bps(state.utilisation_bps),
            },
            taker_fee: Bps(state.taker_fee_bps),
            quotes: state.quotes(),
            decide_within: Millis(state.decide_within_ms),
            divergence: Bps(state.divergence_bps),
            band: state.band(),
            thaw_pace: Bps(state.thaw_pace_bps),
            execution_delay: Millis(state.execution_delay_ms),
            flag_delay: Millis(state.flag_delay_ms),
        }
    }
}
