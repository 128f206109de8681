use super::{Bar, Tick, built_in, straight, ticks, together};

#[test]
fn ticks_reach_every_extreme_and_never_leave_the_bar() {
    let bars = built_in();
    let ticks = ticks(&bars, 5_000);
    let apart = |pair: &[Tick]| (1..=5_000).contains(&(pair[1].at_ms - pair[0].at_ms));
    assert!(ticks.windows(2).all(apart));
    for (bar, next) in bars.iter().zip(bars.iter().skip(1)) {
        let inside = |at| (bar.opened_ms..bar.opened_ms + bar.lasted_ms).contains(&at);
        let prices: Vec<u64> =
            ticks.iter().filter(|tick| inside(tick.at_ms)).map(|tick| tick.price).collect();
        // A close is the next bar's first price.
        assert_eq!(prices.iter().min().min(Some(&next.open)), Some(&bar.low));
        assert_eq!(prices.iter().max(), Some(&bar.high));
        assert_eq!(prices[0], bar.open);
        assert_eq!(prices.len() as u64, bar.lasted_ms / 5_000);
    }
}

#[test]
fn inside_a_bar_the_extreme_against_its_direction_comes_first() {
    let bar =
        |open, close| Bar { opened_ms: 0, lasted_ms: 60_000, open, high: 300, low: 100, close };
    let prices = |bar| ticks(&[bar], 20_000).iter().map(|tick| tick.price).collect::<Vec<_>>();
    assert_eq!(prices(bar(150, 250)), [150, 100, 300]);
    assert_eq!(prices(bar(250, 150)), [250, 300, 100]);
}

/// What the sources say of the crash holds of the path.
#[test]
fn the_built_in_crash_is_the_published_one() {
    let bars = built_in();
    let percent = |from: u64, to: u64| (to as f64 / from as f64 - 1.0) * 100.0;
    let near = |value: f64, published: f64| (value - published).abs() < 0.01;
    assert!(bars.windows(2).all(|pair| {
        pair[0].close == pair[1].open && pair[0].opened_ms + pair[0].lasted_ms == pair[1].opened_ms
    }));
    assert!(near(percent(bars[1].open, bars[1].close), -11.82));
    assert_eq!(bars[1].lasted_ms, 60_000);
    assert!(near(percent(bars[3].open, bars[3].close), 12.64));
    assert!(near(percent(bars[3].low, bars[3].high), 14.57));
    assert_eq!(bars.iter().map(|bar| bar.low).min(), Some(168_790_000));
}

#[test]
fn straight_legs_join_and_reach_their_corners() {
    let bars = straight(&[(0, 210.0), (120, 200.0), (7_320, 190.0), (7_330, 195.0)]);
    assert_eq!((bars[0].open, bars[8].open), (210_000_000, 200_000_000));
    assert_eq!(bars.len(), 8 + 40 + 1);
    for pair in bars.windows(2) {
        assert_eq!(pair[0].opened_ms + pair[0].lasted_ms, pair[1].opened_ms);
        assert_eq!(pair[0].close, pair[1].open);
    }
    let last = bars.last().unwrap();
    assert_eq!((last.close, last.lasted_ms), (195_000_000, 10_000));
}

#[test]
fn paths_of_several_markets_are_walked_over_the_time_they_share() {
    let bar = |opened_ms, price| Bar {
        opened_ms,
        lasted_ms: 60_000,
        open: price,
        high: price,
        low: price,
        close: price,
    };
    let first = [bar(0, 100), bar(60_000, 101), bar(120_000, 102)];
    let second = [bar(60_000, 7), bar(120_000, 8), bar(180_000, 9)];
    let joint = together(&[&first, &second], 20_000).unwrap();
    let seen: Vec<_> = joint.iter().map(|at| (at.at_ms, at.prices[0], at.prices[1])).collect();
    assert_eq!(seen[0], (60_000, 101, 7));
    assert_eq!(seen[3], (120_000, 102, 8));
    assert_eq!(seen.len(), 6);
    let later = [bar(600_000, 1), bar(660_000, 1)];
    assert!(together(&[&first, &later], 20_000).unwrap_err().contains("no time in common"));
    assert!(together(&[], 20_000).is_err());
}
