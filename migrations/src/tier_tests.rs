use super::{Tier, judge, measured};
use crate::recording::Bar;
use holdfast_risk::market::terms::MarketTerms;

/// Minutes in which the price goes up and down by this many millionths, one after the other.
fn history(minutes: u64, ppm: u64) -> Vec<Bar> {
    let price = |minute: u64| 100_000_000 + if minute.is_multiple_of(2) { 0 } else { 100 * ppm };
    let bar = |minute: u64| Bar {
        opened_ms: minute * 60_000,
        lasted_ms: 60_000,
        open: price(minute),
        high: price(minute).max(price(minute + 1)),
        low: price(minute).min(price(minute + 1)),
        close: price(minute + 1),
    };
    (0..minutes).map(bar).collect()
}

#[test]
fn every_tier_may_be_listed_and_uses_what_listing_allows() {
    let mut leverage = u64::MAX;
    for tier in Tier::ALL {
        for price in [1, 150, 100_000] {
            let state = tier.market(price);
            let terms = MarketTerms::from(&state);
            terms.check().unwrap_or_else(|bound| panic!("{tier:?} at {price}: {bound}"));
            let least = terms.least_maintenance().unwrap().0;
            assert!(state.maintenance_bps - least < 5, "{tier:?}: {least} would do");
            let now = 10_000 / u64::from(state.initial_bps + state.penalty_bps);
            assert!(now <= leverage && now > 9, "{tier:?}: {now}");
            leverage = now;
        }
    }
    assert_eq!(Tier::Calm.market(150).initial_bps + Tier::Calm.market(150).penalty_bps, 525);
}

#[test]
fn a_history_asks_for_the_tier_that_covers_it() {
    for (ppm, tier) in [(300, Tier::Calm), (1_200, Tier::Lively), (3_000, Tier::Wild)] {
        let found = measured(&history(600, ppm)).unwrap().unwrap();
        assert!((ppm as u32 * 95 / 100..=ppm as u32 + 1).contains(&found), "{ppm}: {found}");
        assert_eq!(Tier::covering(found), Some(tier));
    }
    assert_eq!(Tier::covering(3_201), None);
    assert_eq!(measured(&history(100, 300)).unwrap(), None);
    // A jump once in a day is not what a market is like.
    let mut day = history(1_440, 300);
    day[700].close = 101_000_000;
    assert_eq!(Tier::covering(measured(&day).unwrap().unwrap()), Some(Tier::Calm));
}

#[test]
fn what_is_said_names_the_tier_and_whether_the_terms_cover_it() {
    let (said, asks) = judge("SOL", &history(600, 1_200), 800).unwrap();
    assert!(asks && said.contains("tier lively") && said.contains("cover 0.080 %"), "{said}");
    let (said, asks) = judge("SOL", &history(600, 1_200), 1_600).unwrap();
    assert!(!asks, "{said}");
    let (said, asks) = judge("SOL", &history(600, 9_000), 1_600).unwrap();
    assert!(asks && said.contains("more than any tier covers"), "{said}");
    assert!(judge("SOL", &history(10, 1), 800).unwrap_err().contains("shorter than two hours"));
}
