//! The price at which an order executes: nobody picks it.

use crate::units::{Price, Side};

/// One aggregated price of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricePoint {
    /// When the providers published it, in milliseconds of the venue's clock.
    pub published_ms: u64,
    /// The aggregate.
    pub price: Price,
}

/// The oldest of `recent` (in any order) published at or after `requested_ms + delay_ms`.
///
/// `None` while no such price exists: the request waits, it is never forfeited.
pub fn execution_price(
    recent: &[PricePoint],
    requested_ms: u64,
    delay_ms: u64,
) -> Option<PricePoint> {
    let earliest = requested_ms.checked_add(delay_ms)?;
    recent
        .iter()
        .filter(|point| point.published_ms >= earliest)
        .min_by_key(|point| point.published_ms)
        .copied()
}

/// Whether a trade in the direction of `side` at `price` keeps the trader's `limit`.
pub fn within_limit(side: Side, price: Price, limit: Price) -> bool {
    match side {
        Side::Long => price <= limit,
        Side::Short => price >= limit,
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
