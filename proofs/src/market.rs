//! Prices: which may be used, and for what.

use holdfast_risk::market::belief::{
    DECIDES_FOR, Moment, PriceUse, StoredPrice, closing_price, decided_price, measured_price,
};
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::market::reference::Band;
use holdfast_risk::market::valuation::Valuation;
use holdfast_risk::{Millis, Price, Side};

use crate::given::{Answer, Given, accepted, assume, claim};
use crate::position::side;

fn stored(given: &mut Given) -> StoredPrice {
    let (low, high) = (Price(given.u64()), Price(given.u64()));
    let point = PricePoint { published: Millis(given.u64()), low, high };
    let (lag, believed) = (Millis(given.u64()), given.bool());
    StoredPrice { point, lag, believed, sudden: believed && given.bool() }
}

fn moment(given: &mut Given) -> Moment {
    Moment {
        now: Millis(given.u64()),
        last_disruption: Millis(given.u64()),
        age: Millis(given.u64()),
        decide_within: Millis(given.u64()),
    }
}

/// A price that decides is believed, was stored in time, and is neither too old nor from before the
/// chain's last disruption.
pub fn what_decides_is_believed_and_timely(given: &mut Given) -> Answer {
    let (price, at) = (stored(given), moment(given));
    let young = at.now.0.saturating_sub(price.point.published.0) <= at.age.0;
    let timely = young
        && price.lag <= at.decide_within
        && price.point.published >= at.last_disruption
        && price.point.low.0 > 0;
    claim(at.allows(&price, PriceUse::Decide) == (price.believed && timely))
}

/// A price that is not believed is used for nothing.
pub fn an_outlier_is_used_for_nothing(given: &mut Given) -> Answer {
    let (price, at) =
        (StoredPrice { believed: false, sudden: false, ..stored(given) }, moment(given));
    let uses = [PriceUse::Decide, PriceUse::Value, PriceUse::Measure, PriceUse::Settle];
    claim(!uses.iter().any(|wanted| at.allows(&price, *wanted)))
}

/// What closes a position gets no price from before an order last changed it, nor from within the
/// delay after that; nothing gets one from before it was asked for.
pub fn no_price_from_before_the_position(given: &mut Given) -> Answer {
    let order = crate::position::order(given);
    let held = holdfast_risk::SignedSize(given.i64());
    let (changed, delay) = (Millis(given.u64()), Millis(given.u64()));
    let parts = order.parts(held, given.bool());
    let from = order.decided_from(parts, changed, delay);
    claim(from >= order.earliest)?;
    let closes = parts.closes.0 > 0 && changed.0 > 0;
    claim(from == if closes { order.earliest.max(changed.after(delay)) } else { order.earliest })
}

/// Prices that a theorem on a request's price speaks of. More of them are the same step again.
const PRICES: usize = 4;

fn prices(given: &mut Given) -> [StoredPrice; PRICES] {
    core::array::from_fn(|_| stored(given))
}

/// Whether a price tells what the market was worth: believed, and from after the last disruption.
fn is_true(price: &StoredPrice, at: &Moment) -> bool {
    price.believed && price.point.published >= at.last_disruption
}

/// What a request gets is a price that is believed, from after the chain's last disruption and from
/// `earliest` on; and it was decided by one that was stored in time, not longer ago than it may be
/// acted on.
pub fn a_request_gets_a_believed_price(given: &mut Given) -> Answer {
    let (recent, at) = (prices(given), moment(given));
    let (earliest, side) = (Millis(given.u64()), side(given));
    let found = accepted(decided_price(recent.iter().copied(), earliest, &at, side))?;
    let Some(point) = found else { return Ok(()) };
    let (mut is_one, mut in_time, mut ended) = (false, false, false);
    for price in &recent {
        ended |= price.point.published < earliest;
        let counts = !ended && is_true(price, &at);
        is_one |= counts && price.point == point;
        let stored = price.point.published.0.saturating_add(price.lag.0);
        let acts = at.now.0 <= stored.saturating_add(DECIDES_FOR.0);
        in_time |= counts && price.lag <= at.decide_within && acts;
    }
    claim(is_one)?;
    claim(in_time)
}

/// A price that is believed, from after the chain's last disruption and from `earliest` on, stored in
/// time and not sudden decides alone as long as it may be acted on. One of which that is not true
/// decides nothing.
pub fn a_timely_price_decides(given: &mut Given) -> Answer {
    let (price, at) = (StoredPrice { sudden: false, ..stored(given) }, moment(given));
    let (earliest, side) = (Millis(given.u64()), side(given));
    let asked_for = price.point.published >= earliest;
    let decides = is_true(&price, &at) && asked_for && price.lag <= at.decide_within;
    let stored = price.point.published.0.saturating_add(price.lag.0);
    let acts = at.now.0 <= stored.saturating_add(DECIDES_FOR.0);
    claim(match decided_price([price].into_iter(), earliest, &at, side) {
        Ok(Some(point)) => decides && acts && point == price.point,
        Ok(None) => !decides,
        Err(_) => decides && !acts,
    })
}

/// A price that is not believed changes nothing of what a request gets, wherever it stands among the
/// others: whoever stores or waits for an outlier gains nothing by it.
pub fn an_outlier_never_decides(given: &mut Given) -> Answer {
    let ([one, two, three], at) = ([stored(given), stored(given), stored(given)], moment(given));
    let (earliest, side) = (Millis(given.u64()), side(given));
    let outlier = StoredPrice { believed: false, sudden: false, ..stored(given) };
    assume(outlier.point.published >= earliest)?;
    let with = match (given.bool(), given.bool()) {
        (false, false) => [outlier, one, two, three],
        (false, true) => [one, outlier, two, three],
        (true, false) => [one, two, outlier, three],
        (true, true) => [one, two, three, outlier],
    };
    let found = decided_price(with.iter().copied(), earliest, &at, side);
    let without = [one, two, three];
    claim(found == decided_price(without.iter().copied(), earliest, &at, side))
}

/// What a request gets only becomes worse for its owner when more prices are known: nobody gains by
/// acting later.
pub fn waiting_never_improves_the_price(given: &mut Given) -> Answer {
    let (recent, at) = (prices(given), moment(given));
    let (earliest, side) = (Millis(given.u64()), side(given));
    let before = accepted(decided_price(recent[1..].iter().copied(), earliest, &at, side))?;
    let later = Moment { now: Millis(given.u64()), ..at };
    assume(later.now >= at.now)?;
    let after = accepted(decided_price(recent.iter().copied(), earliest, &later, side))?;
    let (Some(before), Some(after)) = (before, after) else { return Ok(()) };
    assume(recent[0].point.published >= earliest)?;
    match side {
        Side::Long => claim(after.high >= before.high),
        Side::Short => claim(after.low <= before.low),
    }
}

/// A sudden price decides nothing alone, and together with the next it is no better for whoever asked
/// than that one.
pub fn a_sudden_price_decides_with_the_next(given: &mut Given) -> Answer {
    let ([next, sudden], at) = ([stored(given), stored(given)], moment(given));
    let (earliest, side) = (Millis(given.u64()), side(given));
    let sudden = StoredPrice { believed: true, sudden: true, ..sudden };
    let alone = accepted(decided_price([sudden].into_iter(), earliest, &at, side))?;
    claim(alone.is_none())?;
    let both = accepted(decided_price([next, sudden].into_iter(), earliest, &at, side))?;
    let Some(both) = both else { return Ok(()) };
    match side {
        Side::Long => claim(both.high >= next.point.high),
        Side::Short => claim(both.low <= next.point.low),
    }
}

/// A position is closed at no worse a price for its owner than the newest that decides, and at none
/// where that is from before the flag's delay, or sudden after one that is not believed, or is neither
/// current nor from then on.
pub fn a_closing_price_is_no_worse_than_the_newest(given: &mut Given) -> Answer {
    let ([newest, before], at) = ([stored(given), stored(given)], moment(given));
    let (earliest, side) = (Millis(given.u64()), side(given));
    assume(at.allows(&newest, PriceUse::Decide))?;
    let found = closing_price([newest, before].into_iter(), earliest, &at, side);
    let counts = at.is_current(&before) || before.point.published >= earliest;
    let stands = !newest.sudden || (before.believed && counts);
    claim(found.is_some() == (newest.point.published >= earliest && stands))?;
    let Some(found) = found else { return Ok(()) };
    claim(found.published == newest.point.published)?;
    match side {
        _ if !newest.sudden => claim(found == newest.point),
        Side::Long => claim(found.high >= newest.point.high),
        Side::Short => claim(found.low <= newest.point.low),
    }
}

/// What is measured of a price that is not believed lies within the band, and of one that is it is
/// the price itself; what is measured of a sudden one is no further from where measuring began.
pub fn an_outlier_is_measured_within_the_band(given: &mut Given) -> Answer {
    let ([price, before], at) = ([stored(given), stored(given)], moment(given));
    let band = Band { low: Price(given.u64()), high: Price(given.u64()) };
    let from = Price(given.u64());
    assume(band.low <= band.high)?;
    let borne_out = StoredPrice { sudden: false, ..price };
    let measured = measured_price(&borne_out, &before, from, &at, band);
    let sudden = measured_price(&StoredPrice { sudden: true, ..price }, &before, from, &at, band);
    claim(sudden.0.abs_diff(from.0) <= measured.0.abs_diff(from.0))?;
    if price.believed && price.point.low.0 > 0 {
        return claim(measured == price.point.middle());
    }
    claim(band.low <= measured && measured <= band.high)
}

/// Where its owner wants something a position never counts for more than the price or the band's
/// edge says, whichever is worse, unless the price is fresh, believed and borne out; where it may be taken it
/// never counts for less than for its owner, and without a fresh price for no more than the relief; nothing
/// is written off that it could cover at its best.
pub fn a_position_counts_against_whoever_acts(given: &mut Given) -> Answer {
    let newest = stored(given);
    let band = Band { low: Price(given.u64()), high: Price(given.u64()) };
    let relief = Band { low: Price(given.u64()), high: Price(given.u64()) };
    assume(band.low <= band.high && newest.point.low <= newest.point.high)?;
    let (fresh, believed, borne_out) = (given.bool(), given.bool(), given.bool());
    let (against, in_favour) = (newest.point, newest.point);
    let value = Valuation { against, in_favour, fresh, believed, borne_out, band, relief };
    let (sure, PricePoint { low, high, .. }) = (fresh && believed, newest.point);
    // A relief is around a believed price, and else around the reference, within the band.
    let around = if believed { Band { low, high } } else { relief };
    assume(relief.low <= around.low && relief.high >= around.high && relief.low <= relief.high)?;
    assume(believed || (relief.low >= band.low && relief.high <= band.high))?;
    let certain = sure && borne_out;
    let (want, take) = (value.trader_adverse(Side::Long), value.trader_favourable(Side::Long));
    claim(want == if certain { low } else { low.min(band.low) })?;
    claim(want <= take && if fresh { take >= high } else { take == relief.high })?;
    claim(sure || !fresh || take >= band.low)?;
    let best = value.trader_best_case(Side::Long);
    claim(best >= take && (fresh || best >= band.high))?;
    let (want, take) = (value.trader_adverse(Side::Short), value.trader_favourable(Side::Short));
    claim(want == if certain { high } else { high.max(band.high) })?;
    claim(want >= take && if fresh { take <= low } else { take == relief.low })?;
    claim(sure || !fresh || take <= band.high)?;
    let best = value.trader_best_case(Side::Short);
    claim(best <= take && (fresh || best <= band.low))
}
