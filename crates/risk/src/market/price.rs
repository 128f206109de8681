//! A market's price: what its feeds agree on.

use crate::units::{Millis, Price, Side};

/// One aggregated price of a market: the median of its readings. An even number of readings has two
/// middle prices, and each use takes one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PricePoint {
    /// No quorum of readings is older than this.
    pub published: Millis,
    /// The lower middle.
    pub low: Price,
    /// The upper middle; the same where the number of readings is odd.
    pub high: Price,
}

/// Prices a market needs after a break before it trades as before.
const PRICES_AFTER_DISRUPTION: usize = 3;

/// Whether enough of `recent`, which comes newest first, was published since the chain's last break
/// at `last_disruption` (zero: none) to open and to liquidate.
pub fn is_ready(recent: impl Iterator<Item = PricePoint>, last_disruption: Millis) -> bool {
    let since = recent.take_while(|point| point.published >= last_disruption);
    last_disruption.0 == 0 || since.take(PRICES_AFTER_DISRUPTION).count() == PRICES_AFTER_DISRUPTION
}

impl PricePoint {
    /// A price that has one middle.
    pub const fn exact(price: Price, published: Millis) -> Self {
        Self { published, low: price, high: price }
    }

    /// This price, widened to include `other`.
    pub fn reaching(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high), ..self }
    }

    /// Between the two, rounded down: for uses without a side, such as triggers and volatility.
    pub const fn middle(self) -> Price {
        Price(self.low.0.midpoint(self.high.0))
    }

    /// What a trade on `side` is priced from: the upper for a buyer, the lower for a seller.
    pub const fn traded(self, side: Side) -> Price {
        match side {
            Side::Long => self.high,
            Side::Short => self.low,
        }
    }

    /// The lower worth of a position on `side`, for when its owner wants something.
    pub const fn trader_adverse(self, side: Side) -> Price {
        match side {
            Side::Long => self.low,
            Side::Short => self.high,
        }
    }

    /// The higher worth of a position on `side`, for when it may be taken from its owner.
    pub const fn trader_favourable(self, side: Side) -> Price {
        self.traded(side)
    }
}

#[cfg(test)]
#[path = "price_tests.rs"]
mod tests;
