use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};
use holdfast_risk::carry::{Funding, FundingTerms};
use holdfast_risk::exposure::SideTotal;
use holdfast_risk::limits::Caps;
use holdfast_risk::loss::Drawn;
use holdfast_risk::margin::Ratios;
use holdfast_risk::order::PricePoint;
use holdfast_risk::quote::Limits;
use holdfast_risk::refresh::Accruals;
use holdfast_risk::spread::Spread;
use holdfast_risk::terms::MarketTerms;
use holdfast_risk::volatility::Volatility;
use holdfast_risk::{
    Bps, CarryIndex, HourlyRate, Millis, Ppm, Price, Side, Size, Usd, liquidation,
};

use super::{MAX_FEEDS, RECENT_PRICES};
use crate::instructions::FeedSource;

/// Prices a market needs after a break before it trades as before.
const PRICES_AFTER_BREAK: usize = 3;

/// A perpetual on one index price. Address: `["market", silo, index as u8]`.
///
/// Holds: settings and feed ids only change by a change that waited; the ring's publish times rise; each side is the sum
/// of all accounts' positions on it.
#[account(zero_copy)]
pub struct Market {
    /// Layout version.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Index in the silo, and of its positions in margin accounts.
    pub index: u8,
    /// Feeds in use.
    pub feed_count: u8,
    /// Index of the newest price in the ring.
    pub newest: u8,
    /// Explicit padding.
    pub padding: [u8; 3],
    /// The silo.
    pub silo: Pubkey,
    /// Name, UTF-8, filled up with zeros.
    pub name: [u8; 16],
    /// Settings.
    pub terms: MarketTermsState,
    /// All long positions.
    pub longs: SideState,
    /// All short positions.
    pub shorts: SideState,
    /// Funding rate, 10⁻¹⁵ of notional per hour, positive when longs pay.
    pub funding_rate: i64,
    /// Fraction of an index unit of funding not yet paid.
    pub funding_remainder: i64,
    /// Fraction of an index unit of borrow fee not yet paid.
    pub borrow_remainder: i64,
    /// What a long has paid, millionths of a native unit per whole base unit.
    pub carry_long: i64,
    /// What a short has paid, millionths of a native unit per whole base unit.
    pub carry_short: i64,
    /// Up to when carry is accrued, milliseconds.
    pub accrued_ms: u64,
    /// When the running volatility bucket began, milliseconds.
    pub volatility_since_ms: u64,
    /// The price then, millionths.
    pub volatility_price: u64,
    /// Mean squared one-minute move, millionths squared.
    pub variance: u64,
    /// When the running period of insurance draws began, milliseconds.
    pub drawn_since_ms: u64,
    /// The insurance fund at that moment, native units.
    pub drawn_fund: u64,
    /// Drawn from insurance since, native units.
    pub drawn: u64,
    /// The newest reading of each feed.
    pub feeds: [FeedState; MAX_FEEDS],
    /// Ring of aggregated prices.
    pub prices: [PriceState; RECENT_PRICES],
    /// Room for the reference price, readiness and settlement.
    pub reserved: [u8; 512],
}

/// All positions of one side, as [`SideTotal`].
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SideState {
    /// Sum of sizes, millionths of a base unit.
    pub size: u64,
    /// Sum of entry values, native units.
    pub entry: u64,
    /// Sum of size times carry index, an `i128` as little-endian bytes: compilers disagree on its
    /// alignment.
    pub carry_basis: [u8; 16],
}

/// A feed and its newest reading.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FeedState {
    /// Which provider: see `oracle::Provider`.
    pub provider: u8,
    /// Explicit padding.
    pub padding: [u8; 7],
    /// The provider's identifier of the feed.
    pub id: [u8; 32],
    /// Price, millionths.
    pub price: u64,
    /// Half-width of the confidence interval, millionths.
    pub confidence: u64,
    /// Published at, milliseconds.
    pub published_ms: u64,
    /// Newest verified publish time, milliseconds, of readings that lay too far ahead of the clock
    /// to count too: evidence that the clock is behind.
    pub seen_ms: u64,
}

/// An aggregated price.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PriceState {
    /// Published at, milliseconds; zero where the ring is still empty.
    pub published_ms: u64,
    /// Price, millionths.
    pub price: u64,
}

/// A market's settings, as [`MarketTerms`].
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable, AnchorSerialize, AnchorDeserialize,
)]
pub struct MarketTermsState {
    /// Initial margin, basis points.
    pub initial_bps: u16,
    /// Maintenance margin, basis points.
    pub maintenance_bps: u16,
    /// Liquidation penalty, basis points.
    pub penalty_bps: u16,
    /// Liquidator's share of the penalty at the flag, basis points.
    pub first_share_bps: u16,
    /// Liquidator's share at the end of the ramp, basis points.
    pub last_share_bps: u16,
    /// Taker fee, basis points.
    pub taker_fee_bps: u16,
    /// Widest confidence, basis points of the price.
    pub confidence_bps: u16,
    /// Share of a minute's volatility in the spread, basis points.
    pub volatility_share_bps: u16,
    /// One account's notional over the silo's liquidity, basis points.
    pub account_share_bps: u16,
    /// The silo's open notional over its liquidity, basis points.
    pub utilisation_bps: u16,
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

const _: () = assert!(size_of::<MarketTermsState>() == 112);
const _: () =
    assert!(size_of::<Market>() == 8 + 32 + 16 + 112 + 2 * 32 + 12 * 8 + 5 * 72 + 32 * 16 + 512);

impl Market {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"market";

    /// Takes over feeds, without readings: the first has to be newer than the newest price.
    pub fn set_feeds(&mut self, feeds: &[FeedSource]) {
        let published_ms = self.newest_price().published.0;
        self.feeds = [FeedState::default(); MAX_FEEDS];
        for (slot, feed) in self.feeds.iter_mut().zip(feeds) {
            let FeedSource { provider, id } = *feed;
            *slot = FeedState { provider, id, published_ms, ..FeedState::default() };
        }
        self.feed_count = feeds.len() as u8;
    }

    /// The newest aggregated price; both fields zero before the first.
    pub fn newest_price(&self) -> PricePoint {
        self.prices[usize::from(self.newest) % RECENT_PRICES].into()
    }

    /// Aggregated prices, newest first.
    pub fn recent_prices(&self) -> impl Iterator<Item = PricePoint> {
        let (older, newer) = self.prices.split_at(usize::from(self.newest) % RECENT_PRICES + 1);
        older.iter().rev().chain(newer.iter().rev()).map(|price| PricePoint::from(*price))
    }

    /// Puts an aggregated price into the ring, over the oldest.
    pub fn push_price(&mut self, price: Price, published: Millis) {
        let next = (usize::from(self.newest) + 1) % RECENT_PRICES;
        self.prices[next] = PriceState { published_ms: published.0, price: price.0 };
        self.newest = next as u8;
    }

    /// The venue's clock as this market knows it: not behind its own newest price.
    pub fn now(&self, now: Millis) -> Millis {
        now.max(self.newest_price().published)
    }

    /// One standard deviation of a minute's move: what was measured, at least the tier's.
    pub fn volatility_per_minute(&self) -> Ppm {
        self.volatility().per_minute().max(Ppm(self.terms.tier_volatility_ppm))
    }

    /// Whether enough prices have been published since the chain's last break.
    pub fn is_ready(&self, broke: Millis) -> bool {
        let since = self.recent_prices().take_while(|point| point.published >= broke);
        broke.0 == 0 || since.take(PRICES_AFTER_BREAK).count() == PRICES_AFTER_BREAK
    }

    /// Carry index of a side.
    pub fn carry(&self, side: Side) -> CarryIndex {
        CarryIndex(match side {
            Side::Long => self.carry_long,
            Side::Short => self.carry_short,
        })
    }

    /// What time has moved.
    pub fn accruals(&self) -> Accruals {
        Accruals {
            funding: Funding {
                rate: HourlyRate(self.funding_rate),
                remainder: self.funding_remainder,
            },
            borrow_remainder: self.borrow_remainder,
            carry_long: CarryIndex(self.carry_long),
            carry_short: CarryIndex(self.carry_short),
            accrued: Millis(self.accrued_ms),
            volatility: self.volatility(),
        }
    }

    /// Takes over what time has moved.
    pub fn set_accruals(&mut self, accruals: &Accruals) {
        self.funding_rate = accruals.funding.rate.0;
        self.funding_remainder = accruals.funding.remainder;
        self.borrow_remainder = accruals.borrow_remainder;
        self.carry_long = accruals.carry_long.0;
        self.carry_short = accruals.carry_short.0;
        self.accrued_ms = accruals.accrued.0;
        self.volatility_since_ms = accruals.volatility.since.0;
        self.volatility_price = accruals.volatility.price.0;
        self.variance = accruals.volatility.variance;
    }

    /// How much the price moves.
    pub fn volatility(&self) -> Volatility {
        Volatility {
            since: Millis(self.volatility_since_ms),
            price: Price(self.volatility_price),
            variance: self.variance,
        }
    }

    /// The running period of insurance draws.
    pub fn drawn(&self) -> Drawn {
        Drawn {
            since: Millis(self.drawn_since_ms),
            fund: Usd(self.drawn_fund),
            amount: Usd(self.drawn),
        }
    }

    /// Takes over the running period of insurance draws.
    pub fn set_drawn(&mut self, drawn: &Drawn) {
        self.drawn_since_ms = drawn.since.0;
        self.drawn_fund = drawn.fund.0;
        self.drawn = drawn.amount.0;
    }
}

impl MarketTermsState {
    /// Margin ratios.
    pub fn ratios(&self) -> Ratios {
        Ratios { initial: Bps(self.initial_bps), maintenance: Bps(self.maintenance_bps) }
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
            liquidation: liquidation::Terms {
                penalty: Bps(state.penalty_bps),
                smallest: Size(state.smallest),
                first_share: Bps(state.first_share_bps),
                last_share: Bps(state.last_share_bps),
                ramp: Millis(state.ramp_ms),
            },
            spread: Spread {
                base: Ppm(state.base_spread_ppm),
                depth: Size(state.depth),
                volatility_share: Bps(state.volatility_share_bps),
            },
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
            execution_delay: Millis(state.execution_delay_ms),
            flag_delay: Millis(state.flag_delay_ms),
        }
    }
}

impl From<PriceState> for PricePoint {
    fn from(state: PriceState) -> Self {
        Self { published: Millis(state.published_ms), price: Price(state.price) }
    }
}

impl From<&SideState> for SideTotal {
    fn from(state: &SideState) -> Self {
        Self {
            size: Size(state.size),
            entry: Usd(state.entry),
            carry_basis: i128::from_le_bytes(state.carry_basis),
        }
    }
}

impl From<&SideTotal> for SideState {
    fn from(total: &SideTotal) -> Self {
        Self {
            size: total.size.0,
            entry: total.entry.0,
            carry_basis: total.carry_basis.to_le_bytes(),
        }
    }
}
