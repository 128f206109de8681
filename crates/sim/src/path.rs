//! Price paths: recorded bars from a file, or a crash built in from published figures.

use std::path::Path;

use serde::Deserialize;

/// One bar of a price history; prices in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// When it opened, milliseconds since 1970.
    pub opened_ms: u64,
    /// How long it lasted, milliseconds.
    pub lasted_ms: u64,
    /// First price.
    pub open: u64,
    /// Highest price.
    pub high: u64,
    /// Lowest price.
    pub low: u64,
    /// Last price.
    pub close: u64,
}

/// A price at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// When, milliseconds since 1970.
    pub at_ms: u64,
    /// Price, millionths.
    pub price: u64,
}

/// Times that can be meant as seconds since 1970: 2001 to 2286.
const SECONDS: std::ops::Range<u64> = 1_000_000_000..10_000_000_000;

/// Prices are published in whole seconds, and a bar has three legs.
const SHORTEST_BAR_MS: u64 = 5_000;

/// A row of a price file.
#[derive(Deserialize)]
struct Row {
    unix_ts: u64,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    /// Part of the format; a path does not need it.
    #[serde(rename = "volume")]
    _volume: f64,
}

/// SOL/USDT on Binance spot, 2025-10-10 20:45 to 22:00 UTC, fifteen-minute bars as the exchange
/// publishes them (data.binance.vision, `SOLUSDT-15m-2025-10`): open, high, low, close in dollars.
/// In these bars leverage worth about nineteen billion dollars was liquidated across venues.
const CRASH: [(u64, [f64; 4]); 6] = [
    (1_760_129_100, [207.52, 207.68, 193.00, 196.84]),
    (1_760_130_000, [196.84, 198.73, 180.00, 187.39]),
    (1_760_130_900, [187.34, 188.51, 168.79, 174.74]),
    (1_760_131_800, [174.76, 199.15, 173.83, 196.82]),
    (1_760_132_700, [196.82, 197.30, 190.91, 193.41]),
    (1_760_133_600, [193.41, 194.00, 187.41, 189.64]),
];

/// The crash built in.
pub fn built_in() -> Vec<Bar> {
    let bars = CRASH.iter().map(|(opened, [open, high, low, close])| Bar {
        opened_ms: opened * 1_000,
        lasted_ms: 900_000,
        open: millionths(*open),
        high: millionths(*high),
        low: millionths(*low),
        close: millionths(*close),
    });
    bars.collect()
}

/// Reads bars from a CSV file with the header `unix_ts,open,high,low,close,volume`.
///
/// # Errors
/// A sentence naming the file, the line and what is wrong with it.
pub fn read(path: &Path) -> Result<Vec<Bar>, String> {
    let name = path.display();
    let mut reader = csv::Reader::from_path(path).map_err(|error| format!("{name}: {error}"))?;
    let mut bars: Vec<Bar> = Vec::new();
    for (row, line) in reader.deserialize::<Row>().zip(2_u64..) {
        let row = row.map_err(|error| format!("{name}: {error}"))?;
        let bar = bar(&row).map_err(|reason| format!("{name}, line {line}: {reason}"))?;
        if let Some(last) = bars.last_mut() {
            let step = bar.opened_ms.checked_sub(last.opened_ms);
            let step = step.filter(|step| *step >= SHORTEST_BAR_MS);
            let reason = "it begins less than five seconds after the bar before it";
            last.lasted_ms = step.ok_or(format!("{name}, line {line}: {reason}"))?;
        }
        bars.push(bar);
    }
    let steps: Vec<u64> = bars.iter().rev().skip(1).map(|bar| bar.lasted_ms).collect();
    let (Some(last), Some(step)) = (bars.last_mut(), steps.first()) else {
        return Err(format!("{name}: at least two bars are needed"));
    };
    last.lasted_ms = *step;
    Ok(bars)
}

fn bar(row: &Row) -> Result<Bar, String> {
    let prices = [row.open, row.high, row.low, row.close];
    if !prices.iter().all(|price| price.is_finite() && *price > 0.0 && *price < 1e9) {
        return Err("a price is not between 0 and a billion".to_owned());
    }
    if prices.iter().any(|price| *price < row.low || *price > row.high) {
        return Err("a price lies outside the bar's low and high".to_owned());
    }
    if !SECONDS.contains(&row.unix_ts) {
        return Err("the time is not in seconds since 1970".to_owned());
    }
    Ok(Bar {
        opened_ms: row.unix_ts * 1_000,
        lasted_ms: 0,
        open: millionths(row.open),
        high: millionths(row.high),
        low: millionths(row.low),
        close: millionths(row.close),
    })
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

fn between(from: u64, to: u64, thousandths: u64) -> u64 {
    (from * (1_000 - thousandths) + to * thousandths) / 1_000
}

/// Dollars as millionths, to the nearest.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be small and positive"
)]
fn millionths(price: f64) -> u64 {
    (price * 1e6).round() as u64
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
