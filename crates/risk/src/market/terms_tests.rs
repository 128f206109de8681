extern crate std;
use std::string::ToString;

use super::MarketTerms;
use crate::account::liquidation::Terms;
use crate::account::margin::Ratios;
use crate::market::carry::FundingTerms;
use crate::market::limits::Caps;
use crate::market::reading::Limits;
use crate::market::reference::BandTerms;
use crate::market::spread::Spread;
use crate::units::{Bps, Millis, Ppm, Size};

/// Every setting at an edge of its bounds.
pub fn good() -> MarketTerms {
    MarketTerms {
        ratios: Ratios { initial: Bps(1_000), maintenance: Bps(500) },
        liquidation: Terms {
            penalty: Bps(150),
            smallest: Size(1),
            first_share: Bps(1_000),
            last_share: Bps(10_000),
            ramp: Millis(300_000),
        },
        spread: Spread { base: Ppm(10_000), depth: Size(10), volatility_share: Bps(10_000) },
        funding: FundingTerms { cap: 1_000_000, velocity: u32::MAX, full_skew: Size(1) },
        tier_volatility: Ppm(800),
        borrow: 100_000,
        caps: Caps { side: Size(1), account_share: Bps(10_000), utilisation: Bps(50_000) },
        taker_fee: Bps(100),
        quotes: Limits { age: Millis(15_000), future: Millis(999), confidence: Bps(500) },
        decide_within: Millis(10_000),
        divergence: Bps(1_000),
        band: BandTerms { width: Bps(5_000), speed: Bps(500) },
        thaw_pace: Bps(10_000),
        execution_delay: Millis(1_000),
        flag_delay: Millis(30_000),
    }
}

type Change = fn(&mut MarketTerms);

fn changed(change: Change) -> MarketTerms {
    let mut terms = good();
    change(&mut terms);
    terms
}

/// One step beyond each edge, and the setting that is named for it.
const BEYOND: [(&str, Change); 58] = [
    ("maintenance_bps", |terms| terms.ratios.maintenance = Bps(49)),
    ("initial_bps", |terms| terms.ratios.initial = Bps(500)),
    ("initial_bps", |terms| terms.ratios.initial = Bps(10_001)),
    ("initial_bps", |terms| terms.ratios.initial = Bps(499)),
    ("initial_bps", |terms| terms.ratios.initial = Bps(832)),
    ("initial_bps", |terms| (terms.band.width, terms.ratios.initial) = (Bps(14), Bps(500))),
    ("tier_volatility_ppm", |terms| terms.tier_volatility = Ppm(0)),
    ("maintenance_bps", |terms| terms.tier_volatility = Ppm(5_000)),
    ("maintenance_bps", |terms| terms.tier_volatility = Ppm(u32::MAX)),
    ("maintenance_bps", |terms| terms.liquidation.penalty = Bps(379)),
    ("penalty_bps", |terms| {
        (terms.ratios.maintenance, terms.tier_volatility) = (Bps(500), Ppm(1));
        terms.liquidation.penalty = Bps(9);
    }),
    ("last_share_bps", |terms| terms.liquidation.last_share = Bps(10_001)),
    ("last_share_bps", |terms| terms.liquidation.last_share = Bps(999)),
    ("first_share_bps", |terms| terms.liquidation.first_share = Bps(10_001)),
    ("first_share_bps", |terms| {
        (terms.liquidation.first_share, terms.liquidation.last_share) = (Bps(5_001), Bps(5_000));
    }),
    ("ramp_ms", |terms| terms.liquidation.ramp = Millis(300_001)),
    ("thaw_pace_bps", |terms| terms.thaw_pace = Bps(9)),
    ("thaw_pace_bps", |terms| terms.thaw_pace = Bps(10_001)),
    ("taker_fee_bps", |terms| terms.taker_fee = Bps(101)),
    ("base_spread_ppm", |terms| terms.spread.base = Ppm(10_001)),
    ("volatility_share_bps", |terms| terms.spread.volatility_share = Bps(10_001)),
    ("funding_cap_ppb", |terms| terms.funding.cap = 1_000_001),
    ("borrow_ppb", |terms| terms.borrow = 100_001),
    ("side_cap", |terms| terms.caps.side = Size(0)),
    ("smallest", |terms| terms.liquidation.smallest = Size(0)),
    ("smallest", |terms| terms.liquidation.smallest = Size(2)),
    ("depth", |terms| terms.spread.depth = Size(0)),
    ("depth", |terms| terms.spread.depth = Size(9)),
    ("depth", |terms| (terms.caps.side, terms.spread.depth) = (Size(100), Size(999))),
    ("depth", |terms| terms.spread.depth = Size((1 << 62) + 1)),
    ("depth", |terms| {
        (terms.caps.side, terms.spread.depth) = (Size(u64::MAX), Size(u64::MAX));
    }),
    ("full_skew", |terms| terms.funding.full_skew = Size(0)),
    ("full_skew", |terms| {
        (terms.caps.side, terms.spread.depth) = (Size(97), Size(970));
        terms.funding.full_skew = Size(24);
    }),
    ("account_share_bps", |terms| terms.caps.account_share = Bps(10_001)),
    ("utilisation_bps", |terms| terms.caps.utilisation = Bps(999)),
    ("utilisation_bps", |terms| terms.caps.utilisation = Bps(0)),
    ("utilisation_bps", |terms| terms.caps.utilisation = Bps(50_001)),
    ("age_ms", |terms| terms.quotes.age = Millis(14_999)),
    ("age_ms", |terms| terms.quotes.age = Millis(300_001)),
    ("confidence_bps", |terms| terms.quotes.confidence = Bps(9)),
    ("confidence_bps", |terms| terms.quotes.confidence = Bps(501)),
    ("divergence_bps", |terms| terms.divergence = Bps(9)),
    ("divergence_bps", |terms| terms.divergence = Bps(1_001)),
    ("band_bps", |terms| terms.band.width = Bps(99)),
    ("band_bps", |terms| terms.band.width = Bps(5_001)),
    ("reference_speed_bps", |terms| terms.band.speed = Bps(0)),
    ("reference_speed_bps", |terms| terms.band.speed = Bps(501)),
    ("execution_delay_ms", |terms| terms.execution_delay = Millis(999)),
    ("execution_delay_ms", |terms| terms.execution_delay = Millis(30_001)),
    ("flag_delay_ms", |terms| terms.flag_delay = Millis(999)),
    ("flag_delay_ms", |terms| terms.flag_delay = Millis(30_001)),
    ("decide_within_ms", |terms| terms.decide_within = Millis(4_999)),
    ("decide_within_ms", |terms| terms.decide_within = Millis(10_001)),
    ("future_ms", |terms| terms.quotes.future = Millis(1_000)),
    ("future_ms", |terms| terms.quotes.future = Millis(u64::MAX)),
    ("future_ms", |terms| {
        (terms.execution_delay, terms.flag_delay) = (Millis(30_000), Millis(1_000));
        terms.quotes.future = Millis(1_000);
    }),
    ("future_ms", |terms| {
        (terms.execution_delay, terms.quotes.future) = (Millis(30_000), Millis(5_000));
    }),
    ("maintenance_bps", |terms| {
        (terms.ratios.maintenance, terms.liquidation.penalty) = (Bps(271), Bps(150));
    }),
];

#[test]
fn one_step_beyond_an_edge_is_refused_by_the_settings_name() {
    assert_eq!(good().check(), Ok(()));
    for (number, (setting, change)) in BEYOND.into_iter().enumerate() {
        let refused = changed(change).check().expect_err("out of bounds");
        assert_eq!(refused.setting, setting, "case {number}");
    }
    let refused = changed(|terms| terms.quotes.confidence = Bps(9)).check().unwrap_err();
    assert_eq!(refused.to_string(), "confidence_bps has to be 10 to 500");
}

#[test]
fn the_opposite_edges_are_allowed_too() {
    let edges: [Change; 21] = [
        |terms| terms.ratios.initial = Bps(10_000),
        |terms| terms.ratios.initial = Bps(833),
        |terms| (terms.ratios.maintenance, terms.liquidation.penalty) = (Bps(272), Bps(150)),
        |terms| {
            (terms.ratios.maintenance, terms.tier_volatility) = (Bps(50), Ppm(1));
            terms.liquidation.penalty = Bps(49);
        },
        |terms| terms.liquidation.penalty = Bps(378),
        |terms| terms.liquidation.penalty = Bps(10),
        |terms| terms.liquidation.first_share = Bps(10_000),
        |terms| terms.liquidation.first_share = Bps(0),
        |terms| terms.liquidation.ramp = Millis(0),
        |terms| terms.spread.base = Ppm(0),
        |terms| terms.funding.cap = 0,
        |terms| terms.borrow = 0,
        |terms| terms.caps.account_share = Bps(0),
        |terms| terms.caps.utilisation = Bps(1_000),
        |terms| {
            (terms.caps.side, terms.spread.depth) = (Size((1 << 62) / 10), Size(1 << 62));
            terms.funding.full_skew = Size((1 << 62_u64) / 40 + 1);
        },
        |terms| terms.taker_fee = Bps(0),
        |terms| terms.quotes.age = Millis(300_000),
        |terms| (terms.quotes.future, terms.quotes.confidence) = (Millis(0), Bps(10)),
        |terms| {
            (terms.execution_delay, terms.quotes.future) = (Millis(30_000), Millis(4_999));
        },
        |terms| terms.flag_delay = Millis(1_000),
        |terms| terms.thaw_pace = Bps(10),
    ];
    for (number, change) in edges.into_iter().enumerate() {
        assert_eq!(changed(change).check(), Ok(()), "case {number}");
    }
}

#[test]
fn terms_of_an_open_market_suit_what_is_open() {
    let terms = MarketTerms { spread: Spread { depth: Size(1_000), ..good().spread }, ..good() };
    assert_eq!(terms.check_open(Size(100), Size(0)), Ok(()));
    for (longs, shorts) in [(101, 0), (0, 101), (u64::MAX, u64::MAX)] {
        let refused = terms.check_open(Size(longs), Size(shorts)).unwrap_err();
        assert_eq!(refused.setting, "depth");
    }
}
