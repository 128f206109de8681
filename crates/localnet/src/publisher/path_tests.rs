use holdfast_testkit::path::straight;

use super::*;

const SOL: u64 = 150_000_000;
const BTC: u64 = 100_000_000_000;
const HOUR_MS: u64 = 3_600_000;

fn walk(seed: u64) -> Vec<Path> {
    Motion::Walk { seed, volatility: 0.8 }.paths(&[SOL, SOL])
}

#[test]
fn a_still_price_stays() {
    let mut paths = Motion::Still.paths(&[SOL, BTC]);
    assert_eq!(paths[0].price(HOUR_MS), SOL);
    assert_eq!(paths[1].price(HOUR_MS), BTC);
}

#[test]
fn a_replay_moves_every_feed_by_the_same_shares() {
    let bars = straight(&[(0, 200.0), (600, 100.0)]);
    let mut paths = Motion::Replay(bars).paths(&[SOL, BTC]);
    assert_eq!(paths.prices(0), [SOL, BTC]);
    assert_eq!(paths.prices(300_000), [SOL / 4 * 3, BTC / 4 * 3]);
    // The last price of the last bar is a step before its end.
    let [sol, btc] = paths.prices(600_000);
    assert!((SOL / 2..SOL / 2 + SOL / 100).contains(&sol), "{sol}");
    assert_eq!(paths.prices(HOUR_MS), [sol, btc]);
    assert_eq!(Motion::Replay(Vec::new()).paths(&[SOL])[0].price(1), SOL);
}

trait Prices {
    fn prices(&mut self, at_ms: u64) -> [u64; 2];
}

impl Prices for Vec<Path> {
    fn prices(&mut self, at_ms: u64) -> [u64; 2] {
        [self[0].price(at_ms), self[1].price(at_ms)]
    }
}

#[test]
fn a_walk_is_the_same_from_the_same_seed_however_often_it_is_asked() {
    let (mut one, mut other) = (walk(7), walk(7));
    for second in 0..3_600 {
        one[0].price(second * 1_000);
    }
    let end = one[0].price(HOUR_MS);
    assert_eq!(end, other[0].price(HOUR_MS));
    assert_ne!(end, other[1].price(HOUR_MS), "feeds walk by themselves");
    assert_ne!(end, walk(8)[0].price(HOUR_MS), "other seeds walk other ways");
    assert_eq!(walk(7)[0].price(999), SOL, "it begins at the first price");
}

#[test]
fn a_walk_is_as_volatile_as_it_should_be() {
    // The standard deviation of an hour is 0.8 ÷ √8766 = 0.854 %.
    let hours: u32 = 300;
    let squares = (0..u64::from(hours)).map(|seed| {
        let share = walk(seed)[0].price(HOUR_MS) as f64 / SOL as f64;
        share.ln().powi(2)
    });
    let deviation = (squares.sum::<f64>() / f64::from(hours)).sqrt();
    assert!((0.0077..0.0094).contains(&deviation), "{deviation}");
}

#[test]
fn a_walk_stays_countable() {
    let mut wild = Motion::Walk { seed: 1, volatility: 1e9 }.paths(&[SOL]);
    for second in 0..1_000 {
        let price = wild[0].price(second * 1_000);
        assert!((SOL / 101..=SOL * 101).contains(&price), "{price}");
    }
}
