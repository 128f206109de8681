//! Whether a price may be used, for what, and for whose benefit. Everything that moves money,
//! measures or settles at a price asks here.
//!
//! A price is believed if it was inside the band around the slow reference when it was stored, or
//! came after the band had yielded. Somebody has to store a price before the venue knows it, and can
//! choose which one. So a price decides what others get only if it was stored soon after it was
//! published; one stored later only values positions.
//!
//! A single print inside the band may be false too. So a sudden price decides only together with the
//! next one, and values a position no better for whoever moves than the price before it.

use crate::market::price::PricePoint;
use crate::market::reference::Band;
use crate::math::Overflow;
use crate::units::{Bps, Millis, Price, Side};

/// A price as the market stored it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoredPrice {
    /// The price.
    pub point: PricePoint,
    /// From its publication until it was stored, on the venue's clock.
    pub lag: Millis,
    /// Whether it lay inside the band when it was stored, or the band had yielded.
    pub believed: bool,
    /// Whether the price stored before it does not bear it out: see [`is_sudden`].
    pub sudden: bool,
}

/// A price is sudden when it is further from the one stored before it than this part of the band's
/// width. The terms keep initial margin twice as far above maintenance, so that nobody withdraws below
/// maintenance by a false print that is not sudden.
pub const SUDDEN_PART: u16 = 30;

/// Whether a price, believed or not, decides only together with the next: unless the one stored just
/// `before` it bears it out, which has to be near it in a band of `width` and neither past the age limit
/// nor from before the chain's last disruption.
pub fn is_sudden(point: PricePoint, before: &StoredPrice, at: &Moment, width: Bps) -> bool {
    let near = Band::around(before.point.middle(), Bps(width.0 / SUDDEN_PART));
    let middle = point.middle();
    middle < near.low || middle > near.high || !at.is_current(before)
}

/// What a price is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceUse {
    /// To fix what somebody gets: orders, triggers, liquidations, pool requests.
    Decide,
    /// To value positions where their owner wants something.
    Value,
    /// To measure volatility and charge carry.
    Measure,
    /// To wind a market down.
    Settle,
}

/// Why a price may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// There is none.
    Missing,
    /// Published before the chain's last disruption.
    BeforeDisruption,
    /// Older than the market's age limit.
    Stale,
    /// Stored so long after its publication that whoever stored it could choose it.
    StoredLate,
    /// Outside the band, which has not yielded.
    Unbelieved,
}

/// When a price is looked at, and the market's limits on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The venue's clock.
    pub now: Millis,
    /// The chain's last disruption.
    pub last_disruption: Millis,
    /// The market's age limit.
    pub age: Millis,
    /// A price stored later than this after its publication decides nothing.
    pub decide_within: Millis,
}

impl Moment {
    /// Whether a price may be used for this. Settlement looks back at what was believed before prices
    /// ended, whatever has happened since.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn check(&self, stored: &StoredPrice, wanted: PriceUse) -> Result<(), Unusable> {
        let point = stored.point;
        if point.low.0 == 0 {
            return Err(Unusable::Missing);
        }
        if wanted == PriceUse::Settle || wanted == PriceUse::Measure {
            return if stored.believed { Ok(()) } else { Err(Unusable::Unbelieved) };
        }
        if self.now.since(point.published) > self.age {
            return Err(Unusable::Stale);
        }
        if wanted == PriceUse::Decide && stored.lag > self.decide_within {
            return Err(Unusable::StoredLate);
        }
        self.check_truth(stored)
    }

    /// Whether a price is within the age limit and not from before the chain's last disruption.
    pub fn is_current(&self, stored: &StoredPrice) -> bool {
        let published = stored.point.published;
        self.now.since(published) <= self.age && published >= self.last_disruption
    }

    /// Whether a price is believed and not from before the chain's last disruption, whatever its
    /// age.
    fn check_truth(&self, stored: &StoredPrice) -> Result<(), Unusable> {
        if stored.point.published < self.last_disruption {
            return Err(Unusable::BeforeDisruption);
        }
        if stored.believed { Ok(()) } else { Err(Unusable::Unbelieved) }
    }

    /// Whether a price may be used for this.
    pub fn allows(&self, stored: &StoredPrice, wanted: PriceUse) -> bool {
        self.check(stored, wanted).is_ok()
    }
}

/// Prices that a market remembers.
pub const PRICES_KEPT: usize = 32;

/// How long after it was stored a deciding price may be acted on. After that it decides nothing, so
/// that nobody can wait to see what follows.
pub const DECIDES_FOR: Millis = Millis(10_000);

/// What a request that waits for a price published from `earliest` on gets on `side`: the worse for
/// its owner of the first price that decides and of every one believed since, so that nobody gains
/// by acting late. A first price that is sudden decides with the next. `recent` comes newest first.
///
/// # Errors
/// `None` while nothing has decided; [`Lapsed`] once what decided is too old to be acted on.
pub fn decided_price(
    recent: impl Iterator<Item = StoredPrice>,
    earliest: Millis,
    at: &Moment,
    side: Side,
) -> Result<Option<PricePoint>, Lapsed> {
    worst_since(recent, earliest, at, side, |stored| at.check_truth(stored).is_ok())
}

/// The same for a request that takes prices which are not believed as well. Its owner has no choice
/// among them either.
///
/// # Errors
/// As [`decided_price`].
pub fn doubted_price(
    recent: impl Iterator<Item = StoredPrice>,
    earliest: Millis,
    at: &Moment,
    side: Side,
) -> Result<Option<PricePoint>, Lapsed> {
    let since_disruption = |stored: &StoredPrice| stored.point.published >= at.last_disruption;
    worst_since(recent, earliest, at, side, since_disruption)
}

fn worst_since(
    recent: impl Iterator<Item = StoredPrice>,
    earliest: Millis,
    at: &Moment,
    side: Side,
    counts: impl Fn(&StoredPrice) -> bool,
) -> Result<Option<PricePoint>, Lapsed> {
    let mut worst: Option<PricePoint> = None;
    // The worst since the first that may decide, and until when that one and the next do.
    let mut price = None;
    let (mut first, mut next) = (None, None);
    let (mut oldest, mut seen) = (Millis(0), 0_usize);
    for stored in recent.take_while(|stored| stored.point.published >= earliest) {
        seen = seen.saturating_add(1);
        oldest = stored.point.published;
        if !counts(&stored) {
            continue;
        }
        let point = stored.point;
        worst = Some(worst.map_or(point, |worst| worse_of(worst, point, side)));
        if stored.lag <= at.decide_within {
            let until = Some(stored.decides_until());
            first = if stored.sudden { next } else { until };
            next = until;
            price = worst;
        }
    }
    let Some(until) = first else { return Ok(None) };
    // The first price that decided may be one that the market no longer remembers.
    let is_recent = || at.now <= oldest.after(at.decide_within).after(DECIDES_FOR);
    if at.now > until || (seen >= PRICES_KEPT && is_recent()) {
        return Err(Lapsed);
    }
    Ok(price)
}

/// The lowest and the highest price believed since `earliest`, once one of them decides, or if it is
/// sudden, together with the next. A request valued at the worse of the two for its owner gains
/// nothing by being executed later. `recent` comes newest first; `None` while nothing has decided.
///
/// # Errors
/// [`Lapsed`] once the market does not remember every price since `earliest`: one that it has forgotten
/// could have been worse.
pub fn range_since(
    recent: impl Iterator<Item = StoredPrice>,
    earliest: Millis,
    at: &Moment,
) -> Result<Option<PricePoint>, Lapsed> {
    let mut range: Option<PricePoint> = None;
    let (mut seen, mut deciding) = (0_usize, 0_u8);
    let mut sudden = false;
    for stored in recent.take_while(|stored| stored.point.published >= earliest) {
        seen = seen.saturating_add(1);
        if at.check_truth(&stored).is_err() {
            continue;
        }
        let point = stored.point;
        range = Some(range.map_or(point, |range| point.reaching(range)));
        if stored.lag <= at.decide_within {
            deciding = deciding.saturating_add(1);
            sudden = stored.sudden;
        }
    }
    if seen >= PRICES_KEPT {
        return Err(Lapsed);
    }
    Ok(range.filter(|_| deciding > u8::from(sudden)))
}

/// Whether a trade on `side` at `point` gets no worse than the newest believed price, which is not
/// sudden. Otherwise a false print may have made it worse, and others would bear what the owner cannot
/// pay of it. `recent` comes newest first.
pub fn is_newest_or_better(
    mut recent: impl Iterator<Item = StoredPrice>,
    at: &Moment,
    point: PricePoint,
    side: Side,
) -> bool {
    let newest = recent.find(|stored| at.check_truth(stored).is_ok());
    newest
        .is_some_and(|newest| !newest.sudden && worse_of(newest.point, point, side) == newest.point)
}

/// The price at which a position on `side` may be taken from its owner: the newest that decides,
/// published from `earliest` on. If it is sudden, it is the better for the owner of it and the one stored
/// before; where that one is not believed, or is neither current nor from `earliest` on, the next price is
/// awaited. `recent` comes newest first.
pub fn closing_price(
    mut recent: impl Iterator<Item = StoredPrice>,
    earliest: Millis,
    at: &Moment,
    side: Side,
) -> Option<PricePoint> {
    let found = recent.find(|stored| at.allows(stored, PriceUse::Decide))?;
    if found.point.published < earliest {
        return None;
    }
    if !found.sudden {
        return Some(found.point);
    }
    let counts = |it: &StoredPrice| at.is_current(it) || it.point.published >= earliest;
    let before = recent.next().filter(|before| before.believed && counts(before))?;
    // A price that is worse for a trade on `side` is better for the owner who is closed.
    let better = worse_of(found.point, before.point, side);
    Some(PricePoint { published: found.point.published, ..better })
}

/// Nobody acted on the price that a request waited for while it decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lapsed;

fn worse_of(one: PricePoint, other: PricePoint, side: Side) -> PricePoint {
    let keep = match side {
        Side::Long => one.high >= other.high,
        Side::Short => one.low <= other.low,
    };
    if keep { one } else { other }
}

impl StoredPrice {
    /// Until when a request may be executed that this price decides.
    pub fn decides_until(&self) -> Millis {
        self.point.published.after(self.lag).after(DECIDES_FOR)
    }
}

/// The price as it is measured: one that may not be measured counts no further than the band's edge, and
/// of a sudden one and the one stored `before` it the nearer to `from` is measured, so that a single print
/// moves nothing.
pub fn measured_price(
    stored: &StoredPrice,
    before: &StoredPrice,
    from: Price,
    at: &Moment,
    band: Band,
) -> Price {
    let measured = |stored: &StoredPrice| {
        let (middle, counts) = (stored.point.middle(), at.allows(stored, PriceUse::Measure));
        if counts { middle } else { middle.clamp(band.low, band.high) }
    };
    let price = measured(stored);
    if !stored.sudden || before.point.low.0 == 0 {
        return price;
    }
    let other = measured(before);
    if other.0.abs_diff(from.0) < price.0.abs_diff(from.0) { other } else { price }
}

/// Prices that a settlement looks back at.
pub const SETTLEMENT_PRICES: usize = 9;

/// The price a market is wound down at: the median of the last prices believed, so that no single
/// one decides and a slow reference pays nobody. `recent` comes newest first; where the market
/// remembers none that was believed, it is the last one that was, `believed`.
///
/// # Errors
/// [`Overflow`] never: the median is one of the prices.
pub fn settlement_price(
    recent: impl Iterator<Item = StoredPrice>,
    believed: Price,
    at: &Moment,
) -> Result<Price, Overflow> {
    let mut last = [Price(u64::MAX); SETTLEMENT_PRICES];
    let mut count = 0_usize;
    let remembered = recent.filter(|stored| at.allows(stored, PriceUse::Settle));
    for (slot, stored) in last.iter_mut().zip(remembered) {
        *slot = stored.point.middle();
        count = count.saturating_add(1);
    }
    last.sort_unstable();
    let Some(middle) = count.checked_sub(1) else { return Ok(believed) };
    last.get(middle / 2).copied().ok_or(Overflow)
}

#[cfg(test)]
#[path = "belief_tests.rs"]
mod tests;
