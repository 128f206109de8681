//! Prices: which may be used, and for what.

use holdfast_risk::market::belief::{Moment, PriceUse, StoredPrice};
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::{Millis, Price};

use crate::given::{Answer, Given, claim};

fn stored(given: &mut Given) -> StoredPrice {
    let (low, high) = (Price(given.u64()), Price(given.u64()));
    let point = PricePoint { published: Millis(given.u64()), low, high };
    StoredPrice { point, lag: Millis(given.u64()), believed: given.bool() }
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
    let (price, at) = (StoredPrice { believed: false, ..stored(given) }, moment(given));
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
    claim(parts.closes.0 == 0 || changed.0 == 0 || from >= changed.after(delay))
}
