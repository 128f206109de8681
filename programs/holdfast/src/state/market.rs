use anchor_lang::prelude::*;
use holdfast_risk::chain::rate_limit::{self, RateLimitWindow};
use holdfast_risk::market::accrual::Accruals;
use holdfast_risk::market::aggregate::{AggregationParams, FeedReading};
use holdfast_risk::market::belief::{Moment, StoredPrice};
use holdfast_risk::market::carry::Funding;
use holdfast_risk::market::exposure::SideTotal;
use holdfast_risk::market::price::{self, PricePoint};
use holdfast_risk::market::reference::Reference;
use holdfast_risk::market::valuation::Valuation;
use holdfast_risk::market::volatility::Volatility;
use holdfast_risk::{Bps, CarryIndex, HourlyRate, Millis, Ppm, Price, Side, Size, Usd};

use super::feeds::{FeedSource, Feeds};
use super::{MAX_FEEDS, MarketTermsState, RECENT_PRICES};
use crate::error::{HoldfastError, OrRefuse};

/// A perpetual on one index price. Address: `["market", silo, index as u8]`.
///
/// Holds: settings and feed ids only change by a change that waited; the ring's publish times rise; each side is the sum
/// of all accounts' positions on it.
#[account(zero_copy)]
pub struct Market {
    /// Layout version, for readers off chain: the program writes it and does not look at it.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Index in the silo, and of its positions in margin accounts.
    pub index: u8,
    /// Feeds in use.
    pub feed_count: u8,
    /// Index of the newest price in the ring.
    pub newest: u8,
    /// Feeds that have to agree.
    pub quorum: u8,
    /// Explicit padding.
    pub padding: [u8; 2],
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
    /// The newest reading of each feed.
    pub feeds: [FeedState; MAX_FEEDS],
    /// Ring of aggregated prices.
    pub prices: [PriceState; RECENT_PRICES],
    /// The slow reference price, millionths; zero before the first price.
    pub reference_price: u64,
    /// When it was last moved, milliseconds.
    pub reference_ms: u64,
    /// Since when prices outside the band around it have agreed without a lapse, milliseconds; zero while
    /// none is outside, or none has been for a minute.
    pub outside_ms: u64,
    /// When the running minute of a thaw began, milliseconds.
    pub thaw_since_ms: u64,
    /// Notional that liquidations closed in it, native units.
    pub thaw_closed: u64,
    /// When the notice of settlement is over, milliseconds; zero while none was given.
    pub settles_ms: u64,
    /// The price the market is settled at, millionths; zero while it trades.
    pub settlement_price: u64,
    /// Movement of the funding rate below one unit, in 1 ÷ a day's milliseconds of a unit.
    pub funding_rate_remainder: i64,
    /// Movement of the reference below one unit of price, in 1 ÷ (a minute's milliseconds × 10,000).
    pub reference_remainder: i64,
    /// The newest change proposed for the settings: its number plus one, zero where none was.
    pub newest_terms: u64,
    /// The newest change proposed for the feeds, likewise.
    pub newest_feeds: u64,
    /// The last of those prices that agreed, millionths; zero with `outside_ms`.
    pub outside_price: u64,
    /// The last price that was believed, millionths; zero before the first.
    pub believed_price: u64,
    /// Since when prices have not been outside and agreed with `outside_price`, milliseconds; zero while
    /// they do.
    pub strayed_ms: u64,
    /// The slot in which the terms were last changed; zero before the first change.
    pub terms_changed_slot: u64,
    /// Room for what is to come.
    pub reserved: [u8; 152],
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
    /// Median, millionths: the lower of two where the number of readings was even.
    pub low: u64,
    /// The upper of the two; the same where it was odd.
    pub high: u64,
    /// From its publication until it was stored, milliseconds.
    pub lag_ms: u32,
    /// 1 when it lay inside the band when it was stored, or the band had yielded.
    pub believed: u8,
    /// 1 when the price stored before it does not bear it out: it decides with the next.
    pub sudden: u8,
    /// Explicit padding.
    pub padding: [u8; 2],
}

const _: () = assert!(
    size_of::<Market>() == 8 + 32 + 16 + 128 + 2 * 32 + 9 * 8 + 5 * 72 + 32 * 32 + 56 + 64 + 152
);

impl Market {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"market";

    /// Takes over feeds, without readings: the first has to be newer than the newest price. What the
    /// feeds before said decides nothing any more.
    pub fn set_feeds(&mut self, feeds: &Feeds) {
        let published_ms = self.newest_price().published.0;
        self.feeds = [FeedState::default(); MAX_FEEDS];
        for (slot, feed) in self.feeds.iter_mut().zip(&feeds.sources) {
            let FeedSource { provider, id } = *feed;
            *slot = FeedState { provider, id, published_ms, ..FeedState::default() };
        }
        for price in &mut self.prices {
            price.lag_ms = u32::MAX;
        }
        self.feed_count = feeds.sources.len() as u8;
        self.quorum = feeds.quorum;
    }

    /// The newest aggregated price; both fields zero before the first.
    pub fn newest_price(&self) -> PricePoint {
        self.newest_stored().point
    }

    /// The newest aggregated price, as it was stored.
    pub fn newest_stored(&self) -> StoredPrice {
        self.prices[usize::from(self.newest) % RECENT_PRICES].into()
    }

    /// Aggregated prices, newest first.
    pub fn recent_prices(&self) -> impl Iterator<Item = StoredPrice> + Clone {
        let (older, newer) = self.prices.split_at(usize::from(self.newest) % RECENT_PRICES + 1);
        older.iter().rev().chain(newer.iter().rev()).map(|price| StoredPrice::from(*price))
    }

    /// Puts an aggregated price into the ring, over the oldest.
    pub fn push_price(&mut self, stored: &StoredPrice) {
        let next = (usize::from(self.newest) + 1) % RECENT_PRICES;
        self.prices[next] = PriceState::from(stored);
        self.newest = next as u8;
        if stored.believed {
            self.believed_price = stored.point.middle().0;
        }
    }

    /// The last price that was believed; the reference where accounts are older than the field.
    pub fn last_believed(&self) -> Price {
        Price(if self.believed_price > 0 { self.believed_price } else { self.reference_price })
    }

    /// When prices are looked at, and this market's limits on them.
    pub fn moment(&self, now: Millis, last_disruption: Millis) -> Moment {
        Moment {
            now: self.now(now),
            last_disruption,
            age: Millis(self.terms.age_ms),
            decide_within: Millis(self.terms.decide_within_ms),
        }
    }

    /// The venue's clock as this market knows it: not behind its own newest price.
    pub fn now(&self, now: Millis) -> Millis {
        now.max(self.newest_price().published)
    }

    /// Refused once the market is settled.
    pub fn require_trading(&self) -> Result<()> {
        require!(!self.is_settled(), HoldfastError::MarketSettled);
        Ok(())
    }

    /// Whether it trades no more.
    pub fn is_settled(&self) -> bool {
        self.settlement_price > 0
    }

    /// Notional that liquidations may still close in this minute of a thaw.
    pub fn thaw_left(&self, now: Millis, liquidity: Usd) -> Result<Usd> {
        let share = Bps(self.terms.thaw_pace_bps);
        rate_limit::thaw_left(self.thaw_spent(), now, liquidity, share).into_program_error()
    }

    /// Books notional that a liquidation closed in a thaw.
    pub fn closed_in_thaw(&mut self, now: Millis, notional: Usd) -> Result<()> {
        let spent =
            rate_limit::thaw_spend(self.thaw_spent(), now, notional).into_program_error()?;
        (self.thaw_since_ms, self.thaw_closed) = (spent.since.0, spent.amount.0);
        Ok(())
    }

    fn thaw_spent(&self) -> RateLimitWindow {
        RateLimitWindow { since: Millis(self.thaw_since_ms), amount: Usd(self.thaw_closed) }
    }

    /// Whether what a position counts for is known: by a current price, or by its settlement.
    pub fn is_known(&self, now: Millis, last_disruption: Millis) -> bool {
        self.is_settled() || self.moment(now, last_disruption).is_current(&self.newest_stored())
    }

    /// How far the newest price is believed at `now`, after the chain's last break at `last_disruption`.
    pub fn valuation(&self, now: Millis, last_disruption: Millis) -> Valuation {
        let at = self.moment(now, last_disruption);
        if self.is_settled() {
            return Valuation::settled(Price(self.settlement_price), at.now);
        }
        let (newest, reference) = (self.newest_stored(), self.reference());
        let before = || self.recent_prices().skip(1);
        let (width, maintenance) = (Bps(self.terms.band_bps), Bps(self.terms.maintenance_bps));
        let per_minute = || self.volatility_per_minute();
        Valuation::new(&newest, before, &reference, &at, width, maintenance, per_minute)
    }

    /// The slow reference price.
    pub fn reference(&self) -> Reference {
        Reference {
            price: Price(self.reference_price),
            moved: Millis(self.reference_ms),
            remainder: self.reference_remainder,
            outside: Millis(self.outside_ms),
            outside_price: Price(self.outside_price),
            strayed: Millis(self.strayed_ms),
        }
    }

    /// Takes over the slow reference price.
    pub fn set_reference(&mut self, reference: &Reference) {
        self.reference_price = reference.price.0;
        self.reference_ms = reference.moved.0;
        self.reference_remainder = reference.remainder;
        self.outside_ms = reference.outside.0;
        self.outside_price = reference.outside_price.0;
        self.strayed_ms = reference.strayed.0;
    }

    /// How this market's readings become a price.
    pub fn panel(&self) -> AggregationParams {
        AggregationParams {
            quorum: self.quorum,
            divergence: Bps(self.terms.divergence_bps),
            age: Millis(self.terms.age_ms),
        }
    }

    /// The newest reading of each feed in use; the rest as never read.
    pub fn readings(&self) -> [FeedReading; MAX_FEEDS] {
        core::array::from_fn(|index| FeedReading {
            price: Price(self.feeds[index].price),
            published: Millis(self.feeds[index].published_ms),
        })
    }

    /// One standard deviation of a minute's move: what was measured, at least the tier's.
    pub fn volatility_per_minute(&self) -> Ppm {
        self.volatility().per_minute().max(Ppm(self.terms.tier_volatility_ppm))
    }

    /// Whether enough prices have been published since the chain's last break.
    pub fn is_ready(&self, last_disruption: Millis) -> bool {
        let believed = self.recent_prices().filter(|stored| stored.believed);
        price::is_ready(believed.map(|stored| stored.point), last_disruption)
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
                rate_remainder: self.funding_rate_remainder,
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
        self.funding_rate_remainder = accruals.funding.rate_remainder;
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
}

impl From<PriceState> for StoredPrice {
    fn from(state: PriceState) -> Self {
        let point = PricePoint {
            published: Millis(state.published_ms),
            low: Price(state.low),
            high: Price(state.high),
        };
        let (believed, sudden) = (state.believed != 0, state.sudden != 0);
        Self { point, lag: Millis(u64::from(state.lag_ms)), believed, sudden }
    }
}

impl From<&StoredPrice> for PriceState {
    fn from(stored: &StoredPrice) -> Self {
        let point = stored.point;
        Self {
            published_ms: point.published.0,
            low: point.low.0,
            high: point.high.0,
            lag_ms: u32::try_from(stored.lag.0).unwrap_or(u32::MAX),
            believed: u8::from(stored.believed),
            sudden: u8::from(stored.sudden),
            padding: [0; 2],
        }
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
