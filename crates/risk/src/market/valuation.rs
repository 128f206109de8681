//! What a position is worth: there is always a value, more or less certain.

use crate::chain::latency::covered_move;
use crate::market::belief::{Moment, PriceUse, StoredPrice};
use crate::market::price::PricePoint;
use crate::market::reference::{Band, Reference};
use crate::units::{Bps, Millis, Ppm, Price, Side};

/// How long after a disruption a price from before it says nothing against an account.
const RETURN: Millis = Millis::HOUR;

/// A market's newest price with everything that tells how far it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valuation {
    /// The newest price as it counts against the owner: a sudden one reaches to the one stored before it.
    pub against: PricePoint,
    /// The same in the owner's favour: a sudden one reaches to the one believed before it.
    pub in_favour: PricePoint,
    /// Whether it is within its age limit and from after the chain's last disruption.
    pub fresh: bool,
    /// Whether it lay inside the band when it was stored, or the band had yielded.
    pub believed: bool,
    /// Whether it is not sudden, or the one stored before it is believed and current.
    pub borne_out: bool,
    /// The band around the reference; without a fresh price it widens with time.
    pub band: Band,
    /// Without a fresh price: how far a position counts in its owner's favour while others of the account
    /// may be taken. No further than its own maintenance margin, however long its price is unknown: it
    /// does not carry others.
    pub relief: Band,
}

impl Valuation {
    /// A trading market's price, with the band of `width` around its reference. Without a fresh price
    /// the band is at least as wide as a move of three standard deviations since the newest price, and
    /// if that was believed the band also covers such a move from it: the longer the price is unknown,
    /// the less is certain. The relief is such a move too, of at most the `maintenance` ratio, from the
    /// newest price or, if that was not believed, from the reference; for an hour after a disruption it is
    /// the band for prices from before, because many are missing then. A sudden price is widened to the ones
    /// `before` it, newest first. `per_minute` (the volatility) and `before` are called only if they are
    /// needed.
    pub fn new<Before: Iterator<Item = StoredPrice>>(
        newest: &StoredPrice,
        before: impl FnOnce() -> Before,
        reference: &Reference,
        at: &Moment,
        width: Bps,
        maintenance: Bps,
        per_minute: impl FnOnce() -> Ppm,
    ) -> Self {
        let (mut against, mut in_favour, mut borne_out) = (newest.point, newest.point, true);
        if newest.sudden {
            let mut before = before();
            let last = before.next();
            borne_out = last.is_some_and(|last| at.allows(&last, PriceUse::Value));
            if let Some(last) = last.filter(|last| at.is_current(last)) {
                against = against.reaching(last.point);
            }
            if let Some(believed) = last.into_iter().chain(before).find(|it| it.believed) {
                in_favour = in_favour.reaching(believed.point);
            }
        }
        let age = at.now.since(newest.point.published);
        let fresh = at.is_current(newest);
        let (mut band, mut relief) = (reference.band(width), Band::default());
        if !fresh {
            let moved = covered_move(per_minute(), age).unwrap_or(Bps(u16::MAX));
            let relieved = moved.min(maintenance);
            (band, relief) = (reference.band(width.max(moved)), reference.band(relieved));
            if newest.believed {
                band.low = band.low.min(Band::around(newest.point.low, moved).low);
                band.high = band.high.max(Band::around(newest.point.high, moved).high);
                relief.low = Band::around(in_favour.low, relieved).low;
                relief.high = Band::around(in_favour.high, relieved).high;
            }
            let broken = at.last_disruption;
            if newest.point.published < broken && at.now < broken.after(RETURN) {
                relief = band;
            }
        }
        Self { against, in_favour, fresh, believed: newest.believed, borne_out, band, relief }
    }

    /// A settled market's price: the same for everybody, at any time.
    pub const fn settled(price: Price, now: Millis) -> Self {
        let point = PricePoint::exact(price, now);
        Self {
            against: point,
            in_favour: point,
            fresh: true,
            believed: true,
            borne_out: true,
            band: Band { low: price, high: price },
            relief: Band { low: price, high: price },
        }
    }

    /// Whether the newest price is fresh, believed and borne out.
    pub const fn is_certain(&self) -> bool {
        self.fresh && self.believed && self.borne_out
    }

    /// The worth of a position on `side` when its owner wants something, to open or to withdraw: the
    /// worse side of the newest price. If that is not fresh, believed and borne out, the worse of it and
    /// of the band's edge.
    pub fn trader_adverse(&self, side: Side) -> Price {
        let worse = self.against.trader_adverse(side);
        match side {
            _ if self.is_certain() => worse,
            Side::Long => worse.min(self.band.low),
            Side::Short => worse.max(self.band.high),
        }
    }

    /// The worth of a position on `side` when it may be taken from its owner: the better side of a fresh
    /// price, and no worse than the band's edge if it is not believed. Without a fresh price it is the
    /// relief's edge. A price that is neither fresh nor believed does not count: otherwise a false print
    /// before a silence would shield an account throughout.
    pub fn trader_favourable(&self, side: Side) -> Price {
        let better = self.in_favour.trader_favourable(side);
        match side {
            _ if self.fresh && self.believed => better,
            Side::Long if self.fresh => better.max(self.band.low),
            Side::Short if self.fresh => better.min(self.band.high),
            Side::Long => self.relief.high,
            Side::Short => self.relief.low,
        }
    }

    /// The most that a position on `side` can be worth: [`Self::trader_favourable`], but without a price
    /// that is fresh and believed the band's edge in the owner's favour if that is better. What exceeds
    /// even this is certainly lost.
    pub fn trader_best_case(&self, side: Side) -> Price {
        let favourable = self.trader_favourable(side);
        match side {
            _ if self.fresh && self.believed => favourable,
            Side::Long => favourable.max(self.band.high),
            Side::Short => favourable.min(self.band.low),
        }
    }

    /// What a position on `side` counts for if it would be closed at `point`: the better for its owner
    /// of that price and of its worth now. An account that fails at the better one fails at both.
    pub fn liquidation_price(&self, point: PricePoint, side: Side) -> Price {
        let (then, now) = (point.trader_favourable(side), self.trader_favourable(side));
        match side {
            Side::Long => then.max(now),
            Side::Short => then.min(now),
        }
    }
}

#[cfg(test)]
#[path = "valuation_tests.rs"]
mod tests;
