//! What a position is worth: never nothing to say, only more or less sure.

use crate::market::price::PricePoint;
use crate::market::reference::{Band, Reference};
use crate::units::{Bps, Millis, Price, Side};

/// A market's newest price with everything that tells how far it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valuation {
    /// The newest price.
    pub newest: PricePoint,
    /// Whether it is within its age limit and from after the chain's last break.
    pub fresh: bool,
    /// Whether it may leave the band: providers have agreed outside it for long enough.
    pub followed: bool,
    /// The band around the reference.
    pub band: Band,
}

/// When a price is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The venue's clock.
    pub now: Millis,
    /// The chain's last break.
    pub last_disruption: Millis,
    /// The market's age limit.
    pub age: Millis,
}

impl Valuation {
    /// A trading market's price, with the band of `width` around its reference.
    pub fn of(
        newest: PricePoint,
        reference: &Reference,
        at: Moment,
        width: Bps,
        several_feeds: bool,
    ) -> Self {
        let young = at.now.since(newest.published) <= at.age;
        Self {
            newest,
            fresh: young && newest.published >= at.last_disruption,
            followed: reference.yields(several_feeds, at.now),
            band: reference.band(width),
        }
    }

    /// A settled market's price: the same for everybody, at any time.
    pub const fn settled(price: Price, now: Millis) -> Self {
        Self {
            newest: PricePoint::exact(price, now),
            fresh: true,
            followed: true,
            band: Band { low: price, high: price },
        }
    }

    /// The worth of a position on `side` when its owner wants something, to open or to withdraw:
    /// the worse side of a fresh price; without one the worse of it and the band's edge.
    pub fn trader_adverse(&self, side: Side) -> Price {
        let worse = self.newest.trader_adverse(side);
        match side {
            _ if self.fresh => worse,
            Side::Long => worse.min(self.band.low),
            Side::Short => worse.max(self.band.high),
        }
    }

    /// The worth of a position on `side` when it may be taken from its owner: the better side of a
    /// fresh price, no worse than the band's edge unless it is followed; without a fresh price the
    /// better of it and the other edge.
    pub fn trader_favourable(&self, side: Side) -> Price {
        let better = self.newest.trader_favourable(side);
        match side {
            _ if self.fresh && self.followed => better,
            Side::Long if self.fresh => better.max(self.band.low),
            Side::Short if self.fresh => better.min(self.band.high),
            Side::Long => better.max(self.band.high),
            Side::Short => better.min(self.band.low),
        }
    }

    /// What a position on `side` counts for where it would be closed at `point`: the better for its
    /// owner of that price and of what it counts for now. Who fails at the better one fails at both.
    pub fn liquidation_price(&self, point: PricePoint, side: Side) -> Price {
        let (then, now) = (point.trader_favourable(side), self.trader_favourable(side));
        match side {
            Side::Long => then.max(now),
            Side::Short => then.min(now),
        }
    }

    /// Whether a liquidation may use a price: one outside the band waits until it is followed.
    pub fn allows(&self, point: PricePoint) -> bool {
        self.followed || self.band.holds(point)
    }
}

#[cfg(test)]
#[path = "valuation_tests.rs"]
mod tests;
