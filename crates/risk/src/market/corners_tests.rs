//! A setting may be unwise, but no legal combination of them stops a market: every set of terms at the
//! corners of the bounds lets positions be closed and liquidated, takes prices, and separates a
//! request from its execution.
extern crate std;

use super::MarketTerms;
use super::tests::good;
use crate::account::execution::{ExecutionContext, SiloRules, execute};
use crate::account::ledger::{AccountBalances, Ledger};
use crate::account::liquidation::{self, LiquidationContext, MarginAssessment};
use crate::account::loss::tests::COVER;
use crate::account::margin::{Health, Leg, Ratios};
use crate::account::order::{Order, Trigger};
use crate::account::position::Position;
use crate::account::trade_context::TradeContext;
use crate::chain::policy::Permit;
use crate::market::accrual::{Accruals, Conditions, refresh};
use crate::market::belief::{Moment, PriceUse, SUDDEN_PART, StoredPrice, is_sudden};
use crate::market::carry::FundingTerms;
use crate::market::exposure::SideTotal;
use crate::market::fee::FeeShares;
use crate::market::limits::Caps;
use crate::market::price::PricePoint;
use crate::market::reading::{Limits, Quote};
use crate::market::reference::{Band, BandTerms};
use crate::market::spread::Spread;
use crate::units::{Bps, CarryIndex, Millis, ONE, Ppm, Price, Side, SignedSize, Size, Usd};
use proptest::prelude::*;
use proptest::sample::select;

const NOW: Millis = Millis(1_760_000_000_000);
const SILO: SiloRules<'static> =
    SiloRules { fees: FeeShares { insurance: Bps(2_000), protocol: Bps(1_000) }, cover: COVER };

/// How long after its publication a price of a real feed is stored, milliseconds.
const MOST_LAG: u64 = 4_000;

fn one_of<T: Clone + core::fmt::Debug + 'static>(
    values: impl IntoIterator<Item = T>,
) -> impl Strategy<Value = T> {
    select(values.into_iter().collect::<std::vec::Vec<_>>())
}

/// Age, confidence, divergence, width and speed of the band.
fn price_corners() -> impl Strategy<Value = (u64, u16, u16, u16, u16)> {
    (
        one_of([15_000, 300_000]),
        one_of([10, 500]),
        one_of([10, 1_000]),
        one_of([100, 5_000]),
        one_of([1, 500]),
    )
}

/// Terms with every setting at one end of its bounds or at a usual value.
fn corners() -> impl Strategy<Value = MarketTerms> {
    let margin =
        (one_of([1, 800, 3_000]), one_of([10, 150]), one_of([0, 500, 9_999]), one_of([1, 10_000]));
    let liquidation =
        (one_of([0, 1_000, 10_000]), one_of([1_000, 10_000]), one_of([0, 300_000]), any::<bool>());
    let sizes = (
        one_of([1_u64, 50_000_000_000, (1 << 62) / 10]),
        any::<bool>(),
        any::<bool>(),
        one_of([0, 2_000, 10_000]),
        one_of([1_000, 50_000]),
    );
    let costs =
        (one_of([0, 100]), one_of([0, 10_000]), one_of([0, 10_000]), one_of([0, 1_000_000]));
    let carry = (one_of([0, u32::MAX]), one_of([0, 100_000]));
    let times =
        (one_of([1_000, 30_000]), one_of([1_000, 30_000]), any::<bool>(), one_of([5_000, 10_000]));
    (margin, liquidation, sizes, costs, carry, price_corners(), times, one_of([10, 10_000]))
        .prop_map(|(margin, liquidation, sizes, costs, carry, prices, times, thaw_pace)| {
            let (tier, penalty, maintenance, above) = margin;
            let (first, last, ramp, whole) = liquidation;
            let (side, deep, slow, account_share, utilisation) = sizes;
            let full_skew = if slow { u64::MAX } else { side.div_ceil(4) };
            let (fee, base, volatility_share, cap) = costs;
            let (execution, flag, ahead, decide_within) = times;
            let soonest = execution.min(flag).min(5_000);
            let mut terms = MarketTerms {
                liquidation: liquidation::Terms {
                    penalty: Bps(penalty),
                    smallest: Size(if whole { side } else { 1 }),
                    first_share: Bps(first.min(last)),
                    last_share: Bps(last),
                    ramp: Millis(ramp),
                },
                spread: Spread {
                    base: Ppm(base),
                    depth: Size(if deep { 1 << 62 } else { side * 10 }),
                    volatility_share: Bps(volatility_share),
                },
                funding: FundingTerms { cap, velocity: carry.0, full_skew: Size(full_skew) },
                tier_volatility: Ppm(tier),
                borrow: carry.1,
                caps: Caps {
                    side: Size(side),
                    account_share: Bps(account_share),
                    utilisation: Bps(utilisation),
                },
                taker_fee: Bps(fee),
                quotes: Limits {
                    age: Millis(prices.0),
                    future: Millis(if ahead { soonest - 1 } else { 0 }),
                    confidence: Bps(prices.1),
                },
                decide_within: Millis(decide_within),
                divergence: Bps(prices.2),
                band: BandTerms { width: Bps(prices.3), speed: Bps(prices.4) },
                thaw_pace: Bps(thaw_pace),
                execution_delay: Millis(execution),
                flag_delay: Millis(flag),
                ..good()
            };
            let least = terms.least_maintenance().unwrap().0.max(50);
            let apart = (prices.3 / 15).max(1);
            let maintenance = least.max(maintenance).min(10_000 - apart);
            let initial = (maintenance + apart.max(above)).min(10_000);
            terms.ratios = Ratios { initial: Bps(initial), maintenance: Bps(maintenance) };
            terms
        })
}

/// What is open: an account's position, and what others hold on either side.
#[derive(Clone, Copy, Debug)]
struct Open {
    held: u64,
    side: Side,
    with: u64,
    against: u64,
    price: u64,
}

/// As much as the caps of `terms` and a pool of a billion allow, at a price of ten units to a million.
fn open(terms: &MarketTerms) -> impl Strategy<Value = Open> + use<> {
    let cap = terms.caps.side.0;
    (any::<bool>(), one_of([10, 1_000_000, 150_000_000, 1_000_000_000_000]), 1..=u16::MAX)
        .prop_flat_map(move |(long, price, share)| {
            let rich = u128::from(ONE) * 5_000_000_000_000_000 / u128::from(price);
            let most = u64::try_from(rich).unwrap_or(u64::MAX).min(cap);
            let held = (most / u64::from(share)).max(1);
            let side = if long { Side::Long } else { Side::Short };
            (one_of([0, most - held]), one_of([0, most])).prop_map(move |(with, against)| Open {
                held,
                side,
                with,
                against,
                price,
            })
        })
}

fn opposite(side: Side) -> Side {
    if side == Side::Long { Side::Short } else { Side::Long }
}

impl Open {
    fn entry(&self, size: u64) -> Usd {
        Usd((u128::from(size) * u128::from(self.price) / u128::from(ONE)) as u64)
    }

    fn position(&self) -> Position {
        let size = Size(self.held).on(self.side).unwrap();
        Position { size, entry: self.entry(self.held), carry: CarryIndex(0) }
    }

    fn context(&self, collateral: Usd) -> TradeContext {
        let total = |size| SideTotal { size: Size(size), entry: self.entry(size), carry_basis: 0 };
        let (same, other) = (total(self.held + self.with), total(self.against));
        let (longs, shorts) = if self.side == Side::Long { (same, other) } else { (other, same) };
        TradeContext {
            position: self.position(),
            balances: AccountBalances { collateral, ..AccountBalances::default() },
            longs,
            shorts,
            ledger: Ledger {
                collateral,
                liquidity: Usd(1_000_000_000_000_000),
                insurance: Usd(1_000_000_000_000),
                ..Ledger::default()
            },
            open: Usd(longs.entry.0 + shorts.entry.0),
            ..TradeContext::default()
        }
    }
}

fn quote(published: Millis) -> Quote {
    // A feed that is sure to a twentieth of a percent.
    Quote { price: Price(100_000_000), confidence: Price(50_000), published }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_corner_is_legal(terms in corners()) {
        prop_assert_eq!(terms.check(), Ok(()));
    }

    #[test]
    fn a_position_can_always_be_closed_at_a_price(
        (terms, open) in corners().prop_flat_map(|terms| (Just(terms), open(&terms))),
        volatility in 0..=10_000_000_u32, lag in 0..=MOST_LAG,
    ) {
        let order = Order {
            delta: Size(open.held).on(opposite(open.side)).unwrap(),
            limit: Price(if open.side == Side::Long { 1 } else { u64::MAX }),
            reduce_only: true,
            any_price: false,
            trigger: Trigger::Immediate,
            opens_up_to: Size(0),
            earliest: NOW.after(terms.execution_delay),
            expires: NOW.after(Millis::HOUR),
        };
        let at = NOW.after(terms.execution_delay);
        let met = ExecutionContext {
            at: Moment {
                now: at.after(Millis(lag)),
                last_disruption: Millis(0),
                age: terms.quotes.age,
                decide_within: terms.decide_within,
            },
            volatility: Ppm(volatility),
            reference: Price(open.price),
            opening: Permit::Refused,
            position_changed: Millis(0),
        };
        let point = PricePoint::exact(Price(open.price), at);
        let stored = StoredPrice { point, lag: Millis(lag), believed: true, sudden: false };
        let context = open.context(open.entry(open.held));
        let closed = execute(&context, &order, [stored].into_iter(), &terms, &SILO, &met);
        let closed = closed.expect("an exit at any price");
        prop_assert_eq!(closed.traded.book.position.size, SignedSize(0));
        // The base, the impact and the volatility at their most: 16 %, and the rounding of a unit.
        let distance = closed.price.0.abs_diff(open.price);
        prop_assert!(distance <= open.price * 16 / 100 + 2, "{distance} of {}", open.price);
    }

    #[test]
    fn an_account_that_fails_can_always_be_liquidated(
        (terms, open) in corners().prop_flat_map(|terms| (Just(terms), open(&terms))),
        left_bps in 0..10_000_u64, waited in 0..600_000_u64,
    ) {
        let leg = Leg {
            position: open.position(),
            price: Price(open.price),
            carry: CarryIndex(0),
            ratios: terms.ratios,
        };
        let mut asked = Health::new(&AccountBalances::default()).unwrap();
        let maintenance = asked.add(&leg).unwrap().0;
        let collateral = Usd((u128::from(maintenance) * u128::from(left_bps) / 10_000) as u64);
        let context = open.context(collateral);
        let mut health = Health::new(&context.balances).unwrap();
        health.add(&leg).unwrap();
        prop_assume!(!health.meets_maintenance());
        let judged = MarginAssessment { health, price: leg.price };
        let met = LiquidationContext {
            due: NOW,
            now: NOW.after(terms.flag_delay).after(Millis(waited)),
            most: None,
        };
        let done = liquidation::liquidate(&context, &judged, &leg, terms.liquidation, &COVER, met);
        let left = done.expect("a way to liquidate").book.position.size.size().0;
        prop_assert!(left < open.held);
        prop_assert!(left == 0 || left >= terms.liquidation.smallest.0);
    }

    #[test]
    fn nobody_withdraws_below_maintenance_by_a_false_print_that_is_not_sudden(
        (terms, open) in corners().prop_flat_map(|terms| (Just(terms), open(&terms))),
        towards in -10_000..=10_000_i64, spare_bps in 9_000..=20_000_u64,
    ) {
        // The farthest print that is not sudden, or a nearer one.
        let near = Band::around(Price(open.price), Bps(terms.band.width.0 / SUDDEN_PART));
        let distance = (near.high.0 - open.price) as i64 * towards / 10_000;
        let print = PricePoint::exact(Price(open.price.strict_add_signed(distance)), NOW);
        let point = PricePoint::exact(Price(open.price), NOW);
        let before = StoredPrice { point, believed: true, ..StoredPrice::default() };
        let at = Moment {
            now: NOW,
            last_disruption: Millis(0),
            age: terms.quotes.age,
            decide_within: terms.decide_within,
        };
        prop_assert!(!is_sudden(print, &before, &at, terms.band.width));
        let health = |price, collateral| {
            let (position, carry) = (open.position(), CarryIndex(0));
            let balances = AccountBalances { collateral, ..AccountBalances::default() };
            let mut health = Health::new(&balances).unwrap();
            health.add(&Leg { position, price, carry, ratios: terms.ratios }).unwrap();
            health
        };
        let initial = health(Price(open.price), Usd(0)).initial.0;
        let collateral = Usd((u128::from(initial) * u128::from(spare_bps) / 10_000) as u64);
        let seen = health(print.middle(), collateral);
        if !seen.meets_initial() {
            return Ok(());
        }
        let left = Usd(collateral.0 - seen.withdrawable(collateral).0);
        let true_one = health(Price(open.price), left);
        // Margin and profit are rounded to a unit each.
        prop_assert!(true_one.shortfall() <= Usd(2), "{true_one:?} after {seen:?}");
    }

    #[test]
    fn time_never_stops_a_market(
        (terms, open) in corners().prop_flat_map(|terms| (Just(terms), open(&terms))),
        index in one_of([0, i64::MAX, i64::MIN, i64::MAX - 1]), steps in 1..50_u64,
    ) {
        let context = open.context(Usd(0));
        let conditions = Conditions {
            skew: context.skew().unwrap(),
            open: context.open,
            liquidity: context.ledger.liquidity,
            last_disruption: Millis(0),
            sheltered: false,
        };
        let mut accruals = Accruals {
            accrued: NOW,
            carry_long: CarryIndex(index),
            carry_short: CarryIndex(index.saturating_neg()),
            ..Accruals::default()
        };
        for step in 1..=steps {
            let now = NOW.after(Millis::MINUTE.times(10 * step));
            accruals = refresh(&accruals, conditions, Price(open.price), now, &terms)
                .expect("a price is always taken");
            prop_assert_eq!(accruals.accrued, now);
        }
    }

    #[test]
    fn no_price_that_counts_now_serves_a_request_made_now(terms in corners(), ahead in 0..10_000_u64) {
        let published = NOW.after(Millis(ahead));
        let counts = quote(published).check(Millis(0), Millis(0), NOW, terms.quotes).is_ok();
        prop_assert!(!counts || published < NOW.after(terms.execution_delay));
        prop_assert!(!counts || published < NOW.after(terms.flag_delay));
        prop_assert!(!counts || published < NOW.after(super::LEAST_REQUEST_DELAY));
    }

    #[test]
    fn a_price_that_took_four_seconds_to_land_decides(terms in corners(), took in 0..=MOST_LAG) {
        let published = Millis(NOW.0 - took);
        prop_assert_eq!(quote(published).check(Millis(0), Millis(0), NOW, terms.quotes), Ok(()));
        let at = Moment {
            now: NOW,
            last_disruption: Millis(0),
            age: terms.quotes.age,
            decide_within: terms.decide_within,
        };
        let point = PricePoint::exact(Price(100_000_000), published);
        let stored = StoredPrice { point, lag: Millis(took), believed: true, sudden: false };
        prop_assert!(at.allows(&stored, PriceUse::Decide));
        // Prices two seconds apart, each four seconds late, bear each other out.
        let before = PricePoint::exact(Price(100_000_000), Millis(published.0 - 2_000));
        let before = StoredPrice { point: before, ..stored };
        prop_assert!(!is_sudden(point, &before, &at, terms.band.width));
    }
}
