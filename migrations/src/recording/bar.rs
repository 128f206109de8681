//! One bar of a price history.

/// Prices the venue's millionths can tell apart and multiply without overflow.
const PRICES: std::ops::RangeInclusive<f64> = 0.01..=1e6;

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

/// Dollars as millionths, to the nearest; nothing for what is not between a cent and a million.
pub fn millionths(price: f64) -> Option<u64> {
    PRICES.contains(&price).then(|| rounded(price))
}

/// Dollars as millionths, to the nearest, of a price that is known to be small and positive.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "known to be small and positive"
)]
pub fn rounded(price: f64) -> u64 {
    (price * 1e6).round() as u64
}
