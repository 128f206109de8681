use super::{MarketTerms, OutOfBounds};
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
            ramp: Millis(3_600_000),
        },
        spread: Spread { base: Ppm(10_000), depth: Size(1), volatility_share: Bps(10_000) },
        funding: FundingTerms { cap: 10_000_000, velocity: u32::MAX, full_skew: Size(1) },
        tier_volatility: Ppm(800),
        borrow: 1_000_000,
        caps: Caps { side: Size(1), account_share: Bps(10_000), utilisation: Bps(50_000) },
        taker_fee: Bps(100),
        quotes: Limits { age: Millis(1_000), future: Millis(60_000), confidence: Bps(500) },
        divergence: Bps(1_000),
        band: BandTerms { width: Bps(5_000), speed: Bps(500) },
        thaw_pace: Bps(10_000),
        execution_delay: Millis(1_000),
        flag_delay: Millis(30_000),
    }
}

#[test]
fn the_edges_are_allowed_and_one_step_beyond_is_not() {
    assert_eq!(good().check(), Ok(()));
    type Change = fn(&mut MarketTerms);
    let beyond: [(OutOfBounds, Change); 42] = [
        (OutOfBounds::Ratios, |terms| terms.ratios.maintenance = Bps(49)),
        (OutOfBounds::Ratios, |terms| terms.ratios.initial = Bps(500)),
        (OutOfBounds::Ratios, |terms| terms.ratios.initial = Bps(10_001)),
        (OutOfBounds::Liquidation, |terms| terms.liquidation.penalty = Bps(500)),
        (OutOfBounds::Liquidation, |terms| terms.liquidation.first_share = Bps(10_001)),
        (OutOfBounds::Liquidation, |terms| terms.liquidation.last_share = Bps(10_001)),
        (OutOfBounds::Liquidation, |terms| terms.liquidation.smallest = Size(0)),
        (OutOfBounds::Liquidation, |terms| terms.liquidation.ramp = Millis(3_600_001)),
        (OutOfBounds::Latency, |terms| terms.tier_volatility = Ppm(0)),
        (OutOfBounds::Latency, |terms| terms.tier_volatility = Ppm(5_000)),
        (OutOfBounds::Spread, |terms| terms.spread.base = Ppm(10_001)),
        (OutOfBounds::Spread, |terms| terms.spread.depth = Size(0)),
        (OutOfBounds::Spread, |terms| terms.spread.volatility_share = Bps(10_001)),
        (OutOfBounds::Carry, |terms| terms.funding.cap = 10_000_001),
        (OutOfBounds::Carry, |terms| terms.funding.full_skew = Size(0)),
        (OutOfBounds::Carry, |terms| terms.borrow = 1_000_001),
        (OutOfBounds::Caps, |terms| terms.caps.side = Size(0)),
        (OutOfBounds::Caps, |terms| terms.caps.account_share = Bps(10_001)),
        (OutOfBounds::Caps, |terms| terms.caps.utilisation = Bps(0)),
        (OutOfBounds::Caps, |terms| terms.caps.utilisation = Bps(50_001)),
        (OutOfBounds::Fee, |terms| terms.taker_fee = Bps(101)),
        (OutOfBounds::Band, |terms| terms.divergence = Bps(9)),
        (OutOfBounds::Band, |terms| terms.divergence = Bps(1_001)),
        (OutOfBounds::Band, |terms| terms.band.width = Bps(99)),
        (OutOfBounds::Band, |terms| terms.band.width = Bps(5_001)),
        (OutOfBounds::Band, |terms| terms.band.speed = Bps(0)),
        (OutOfBounds::Band, |terms| terms.band.speed = Bps(501)),
        (OutOfBounds::Pace, |terms| terms.thaw_pace = Bps(9)),
        (OutOfBounds::Pace, |terms| terms.thaw_pace = Bps(10_001)),
        (OutOfBounds::Quotes, |terms| terms.quotes.age = Millis(999)),
        (OutOfBounds::Quotes, |terms| terms.quotes.future = Millis(60_001)),
        (OutOfBounds::Quotes, |terms| terms.quotes.confidence = Bps(0)),
        (OutOfBounds::Quotes, |terms| terms.quotes.confidence = Bps(501)),
        (OutOfBounds::Delay, |terms| terms.execution_delay = Millis(999)),
        (OutOfBounds::Delay, |terms| terms.flag_delay = Millis(30_001)),
        (OutOfBounds::Delay, |terms| terms.flag_delay = Millis(999)),
        (OutOfBounds::Delay, |terms| terms.execution_delay = Millis(30_001)),
        (OutOfBounds::Quotes, |terms| terms.quotes.age = Millis(300_001)),
        (OutOfBounds::Ratios, |terms| terms.ratios.initial = Bps(499)),
        (OutOfBounds::Latency, |terms| terms.liquidation.penalty = Bps(379)),
        (OutOfBounds::Latency, |terms| terms.tier_volatility = Ppm(u32::MAX)),
        (OutOfBounds::Liquidation, |terms| {
            terms.liquidation.first_share = Bps(501);
            terms.liquidation.last_share = Bps(500);
        }),
    ];
    for (number, (expected, change)) in beyond.into_iter().enumerate() {
        let mut terms = good();
        change(&mut terms);
        assert_eq!(terms.check(), Err(expected), "case {number}");
    }
}

#[test]
fn the_opposite_edges_are_allowed_too() {
    type Change = fn(&mut MarketTerms);
    let edges: [Change; 17] = [
        |terms| terms.ratios.initial = Bps(10_000),
        |terms| terms.ratios.initial = Bps(501),
        |terms| (terms.ratios.maintenance, terms.liquidation.penalty) = (Bps(272), Bps(150)),
        |terms| {
            (terms.ratios.maintenance, terms.tier_volatility) = (Bps(50), Ppm(1));
            terms.liquidation.penalty = Bps(49);
        },
        |terms| terms.liquidation.penalty = Bps(378),
        |terms| terms.liquidation.first_share = Bps(10_000),
        |terms| terms.liquidation.ramp = Millis(0),
        |terms| terms.spread.base = Ppm(0),
        |terms| terms.funding.cap = 0,
        |terms| terms.borrow = 0,
        |terms| terms.caps.account_share = Bps(0),
        |terms| terms.caps.utilisation = Bps(1),
        |terms| terms.taker_fee = Bps(0),
        |terms| terms.quotes.age = Millis(300_000),
        |terms| (terms.quotes.future, terms.quotes.confidence) = (Millis(0), Bps(1)),
        |terms| terms.execution_delay = Millis(30_000),
        |terms| terms.flag_delay = Millis(1_000),
    ];
    for (number, change) in edges.into_iter().enumerate() {
        let mut terms = good();
        change(&mut terms);
        assert_eq!(terms.check(), Ok(()), "case {number}");
    }
}
