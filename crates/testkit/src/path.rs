//! Price paths: bars, and the way along them. Bars are read by [`holdfast_migrations::recording`], or
//! built in from published figures.

use holdfast_migrations::recording::rounded;
pub use holdfast_migrations::recording::{Bar, millionths};

/// A price at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// When, milliseconds since 1970.
    pub at_ms: u64,
    /// Price, millionths.
    pub price: u64,
}

/// SOL in the cascade of 2025-10-10, put together from published figures: not a recording. Spot
/// gives the levels, because that is what an oracle shows, and the perpetual the speed of the fall.
///
/// Each line: when a stretch begins (seconds, UTC), and its open, high, low and close in dollars.
/// What is not published between two figures is a straight line.
///
/// - `209.95`, the evening's high, and `−11.82 %`, the worst minute, 21:18: Binance USD-M SOLUSDT,
///   one-minute bars in `owlacar-dotcom/isda` at f5d6a9ac, `SOLUSDT-1m-2025-10.csv`.
/// - `168.79`, the day's low, in the quarter of an hour of the worst minute; then `+12.64 %` from
///   close to close in the bar of 21:30, whose high is `14.57 %` over its low: Binance spot
///   SOLUSDT, fifteen-minute bars in `finom/static-klines` at 338eb785, `SOLUSDT/15m/2025-10-06`.
///   News of the hour agrees with where that ends: "recovering to around $190"
///   (auriccrypto.com/news/live-total-bloodbath-in-crypto-xrp-loses-40-in-minutes).
/// - `191.42` = 168.79 ÷ (1 − 0.1182), `190.13` = 168.79 × 1.1264, `193.38` = 168.79 × 1.1457.
const CRASH: [(u64, [f64; 4]); 4] = [
    (1_760_129_100, [209.95, 209.95, 191.42, 191.42]), // 20:45, down to the worst minute
    (1_760_131_080, [191.42, 191.42, 168.79, 168.79]), // 21:18, the worst minute
    (1_760_131_140, [168.79, 168.79, 168.79, 168.79]), // 21:19, the low, until the bar ends
    (1_760_131_800, [168.79, 193.38, 168.79, 190.13]), // 21:30, the recovery
];
/// The built-in crash ends at 21:45.
const CRASH_ENDS: u64 = 1_760_132_700;

/// The crash built in.
pub fn built_in() -> Vec<Bar> {
    let ends = CRASH.iter().skip(1).map(|(opened, _)| *opened).chain([CRASH_ENDS]);
    let bars = CRASH.iter().zip(ends).map(|((opened, [open, high, low, close]), ends)| Bar {
        opened_ms: opened * 1_000,
        lasted_ms: (ends - opened) * 1_000,
        open: rounded(*open),
        high: rounded(*high),
        low: rounded(*low),
        close: rounded(*close),
    });
    bars.collect()
}

/// When straight paths begin.
const STRAIGHT_BEGINS_MS: u64 = 1_760_000_000_000;
/// How long their bars are, unless a leg is so long that it gets by with fewer.
const STRAIGHT_BAR_S: u64 = 15;
const STRAIGHT_BARS: u64 = 40;

/// Straight legs between corners of seconds since the beginning and dollars, at least two and rising
/// in time.
pub fn straight(corners: &[(u64, f64)]) -> Vec<Bar> {
    let legs = corners.windows(2).flat_map(|leg| {
        let [(from, open), (to, close)] = [leg[0], leg[1]];
        let (open, close) = (rounded(open), rounded(close));
        let count = ((to - from) / STRAIGHT_BAR_S).clamp(1, STRAIGHT_BARS);
        let second = move |index: u64| from + (to - from) * index / count;
        let price = move |index: u64| between(open, close, index * 1_000 / count);
        (0..count).map(move |index| {
            let (open, close) = (price(index), price(index + 1));
            Bar {
                opened_ms: STRAIGHT_BEGINS_MS + second(index) * 1_000,
                lasted_ms: (second(index + 1) - second(index)) * 1_000,
                open,
                high: open.max(close),
                low: open.min(close),
                close,
            }
        })
    });
    legs.collect()
}

/// Walks the bars with a price every `step_ms` at most. Inside a bar the price visits the near
/// extreme first: open, low, high, close when it closes higher, else open, high, low, close.
pub fn ticks(bars: &[Bar], step_ms: u64) -> Vec<Tick> {
    let mut ticks = Vec::new();
    for bar in bars {
        let rises = bar.close >= bar.open;
        let (first, second) = if rises { (bar.low, bar.high) } else { (bar.high, bar.low) };
        let corners = [bar.open, first, second, bar.close];
        let steps = bar.lasted_ms.div_ceil(step_ms).max(3);
        for step in 0..steps {
            let at_ms = bar.opened_ms + bar.lasted_ms * step / steps;
            // The way along the three legs, in thousandths of a leg.
            let way = step * 3_000 / steps;
            let leg = usize::try_from(way / 1_000).unwrap_or_default();
            let price = between(corners[leg], corners[leg + 1], way % 1_000);
            ticks.push(Tick { at_ms, price });
        }
    }
    ticks
}

/// Prices of several markets at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    /// When, milliseconds since 1970.
    pub at_ms: u64,
    /// Prices, millionths, in the order of the markets.
    pub prices: Vec<u64>,
}

/// Walks several markets' bars together, over the time that they have in common, with prices every
/// `step_ms` at most.
///
/// # Errors
/// When there is no path, or they have no time in common.
pub fn together(paths: &[&[Bar]], step_ms: u64) -> Result<Vec<Prices>, String> {
    let walks: Vec<_> = paths.iter().map(|bars| ticks(bars, step_ms)).collect();
    let begins = walks.iter().filter_map(|walk| walk.first()).map(|tick| tick.at_ms).max();
    let ends = walks.iter().filter_map(|walk| walk.last()).map(|tick| tick.at_ms).min();
    let lead = walks.first().filter(|_| walks.iter().all(|walk| !walk.is_empty()));
    let (Some(begins), Some(ends), Some(lead)) = (begins, ends, lead) else {
        return Err("the path is empty".to_owned());
    };
    let price = |walk: &[Tick], at_ms: u64| {
        let passed = walk.partition_point(|tick| tick.at_ms <= at_ms);
        walk.get(passed.saturating_sub(1)).map_or(0, |tick| tick.price)
    };
    let shared = lead.iter().filter(|tick| (begins..=ends).contains(&tick.at_ms));
    let joint: Vec<_> = shared
        .map(|tick| Prices {
            at_ms: tick.at_ms,
            prices: walks.iter().map(|walk| price(walk, tick.at_ms)).collect(),
        })
        .collect();
    if joint.is_empty() {
        return Err("the price files have no time in common".to_owned());
    }
    Ok(joint)
}

fn between(from: u64, to: u64, thousandths: u64) -> u64 {
    (from * (1_000 - thousandths) + to * thousandths) / 1_000
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
