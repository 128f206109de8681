//! A slow reference price and the band around it: an outlier liquidates nobody, and a crash is still
//! followed.

use crate::market::price::PricePoint;
use crate::math::{Overflow, Rounding, whole_units};
use crate::units::{BPS_ONE, Bps, Millis, Price};

/// One step of the reference covers at most this: longer time was not measured and moves nothing.
const LONGEST_STEP: Millis = Millis::MINUTE;
/// How long providers that agree have to stay outside the band before it yields.
const YIELDS_AFTER: Millis = Millis::MINUTE;
/// The same for a market with one feed, which nobody else confirms.
const LONE_YIELDS_AFTER: Millis = Millis::MINUTE.times(5);

/// Two prices outside the band agree at this distance at least, however narrow the band.
const AGREES_WITHIN: Bps = Bps(1_000);

/// Parts of a unit of price in which movement is counted: a minute's milliseconds times basis points.
const PARTS: u64 = Millis::MINUTE.times(BPS_ONE).0;

/// A market's band settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BandTerms {
    /// Distance of the edges from the reference.
    pub width: Bps,
    /// The furthest the reference moves in a minute.
    pub speed: Bps,
}

/// The slow price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// The price; zero before the market's first.
    pub price: Price,
    /// When it was last moved.
    pub moved: Millis,
    /// Movement below one unit of price, in 1 ÷ [`PARTS`] of a unit, kept for the next step. If it were
    /// dropped, whoever refreshes often could hold the reference still.
    pub remainder: i64,
    /// Since when the market's prices have been outside the band without a lapse and agreed, each with
    /// the one before it; zero while none is outside, or none has been for a minute.
    pub outside: Millis,
    /// The last that agreed; zero with `outside`.
    pub outside_price: Price,
    /// Since when prices have not been outside and agreed with that one; zero while they do.
    pub strayed: Millis,
}

/// Prices between the two edges are believed at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Band {
    /// Lower edge.
    pub low: Price,
    /// Upper edge.
    pub high: Price,
}

/// What the reference is updated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The market's new price.
    pub point: PricePoint,
    /// When the price before it was published.
    pub previous: Millis,
    /// The venue's clock.
    pub now: Millis,
    /// The chain's last break.
    pub last_disruption: Millis,
    /// The market's age limit: after a longer silence between two prices, agreement begins anew.
    pub age: Millis,
}

impl Reference {
    /// Moves towards a new price, by what the time measured since the last move and since the
    /// chain's last break allows.
    ///
    /// # Errors
    /// [`Overflow`] when a step does not fit.
    pub fn follow(self, seen: Observed, terms: BandTerms) -> Result<Self, Overflow> {
        let target = seen.point.middle();
        if self.price.0 == 0 {
            return Ok(Self { price: target, moved: seen.now, ..Self::default() });
        }
        let elapsed = seen.now.since(self.moved.max(seen.last_disruption)).min(LONGEST_STEP);
        let (price, remainder) = self.step_towards(target, elapsed, terms.speed)?;
        let moved = Self { price, remainder, moved: seen.now.max(self.moved), ..self };
        Ok(moved.watch(seen, terms.width))
    }

    /// The price after moving for `elapsed`, never past `target`, and the movement kept for later.
    fn step_towards(
        &self,
        target: Price,
        elapsed: Millis,
        speed: Bps,
    ) -> Result<(Price, i64), Overflow> {
        if target == self.price {
            return Ok((target, self.remainder));
        }
        let share = u64::from(speed.0).checked_mul(elapsed.0).ok_or(Overflow)?;
        let distance = u128::from(self.price.0).wrapping_mul(u128::from(share));
        let distance = i128::try_from(distance).map_err(|_| Overflow)?;
        let due = if target > self.price { distance } else { distance.saturating_neg() };
        let due = due.saturating_add(i128::from(self.remainder));
        let (moved, remainder) = whole_units(due, PARTS)?;
        if moved.unsigned_abs() > self.price.0.abs_diff(target.0) {
            return Ok((target, 0));
        }
        self.price
            .0
            .checked_add_signed(moved)
            .map(|price| (Price(price), remainder))
            .ok_or(Overflow)
    }

    /// The band around the reference.
    pub fn band(&self, width: Bps) -> Band {
        Band::around(self.price, width)
    }

    /// Whether the market's prices have agreed outside the band for long enough to be followed; one feed
    /// has to agree for longer than several.
    pub fn yields(&self, several_feeds: bool, now: Millis) -> bool {
        let wait = if several_feeds { YIELDS_AFTER } else { LONE_YIELDS_AFTER };
        self.outside.0 != 0 && self.strayed.0 == 0 && now >= self.outside.after(wait)
    }

    /// Whether a price is believed: inside the band, or after it has yielded.
    pub fn believes(
        &self,
        point: PricePoint,
        width: Bps,
        several_feeds: bool,
        now: Millis,
    ) -> bool {
        self.band(width).holds(point) || self.yields(several_feeds, now)
    }

    /// Notes since when prices have been outside the band and agreed. A price that strays from the
    /// others is not believed: otherwise a single false print would be, once the band has yielded to a
    /// true move. It does not count against the others either, and neither does one inside the band:
    /// otherwise a false print there would keep a true move from being followed. Prices that stay inside
    /// for a minute end the wait, and prices that stray for as long begin it anew.
    fn watch(self, seen: Observed, width: Bps) -> Self {
        let inside = self.band(width).holds(seen.point);
        let (zero, middle) = (Millis(0), seen.point.middle());
        let ended = Self { outside: zero, outside_price: Price(0), strayed: zero, ..self };
        let begins = Self { outside: seen.now, outside_price: middle, ..ended };
        let anew = if inside { ended } else { begins };
        let lapsed = seen.point.published.since(seen.previous) > seen.age;
        if self.outside.0 == 0 || self.outside < seen.last_disruption || lapsed {
            return anew;
        }
        let agrees = Band::around(self.outside_price, width.max(AGREES_WITHIN)).holds(seen.point);
        let outside_price = if agrees { middle } else { self.outside_price };
        if agrees && !inside {
            return Self { outside_price, strayed: zero, ..self };
        }
        let strayed = if self.strayed.0 == 0 { seen.now } else { self.strayed };
        let goes_on = seen.now < strayed.after(YIELDS_AFTER);
        if goes_on { Self { outside_price, strayed, ..self } } else { anew }
    }
}

impl Band {
    /// The band around a price; an edge that would overflow saturates.
    pub fn around(price: Price, width: Bps) -> Self {
        let distance = price.portion(width, Rounding::Down).map_or(u64::MAX, |price| price.0);
        Self {
            low: Price(price.0.saturating_sub(distance)),
            high: Price(price.0.saturating_add(distance)),
        }
    }

    /// Whether both sides of a price lie within the edges.
    pub fn holds(&self, point: PricePoint) -> bool {
        point.low >= self.low && point.high <= self.high
    }
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
