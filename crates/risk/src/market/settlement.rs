//! Winding down a market whose price never returns, after notice.

use crate::account::loss::LossCover;
use crate::account::trade_context::{Charges, TradeContext, Traded};
use crate::math::Overflow;
use crate::units::{Millis, Price, SignedSize};

/// After this time without a price, a market's settlement may be announced.
pub const NO_PRICE: Millis = Millis::DAY;
/// Length of the notice, in which everybody can see the settlement coming and a price can return.
pub const NOTICE: Millis = Millis::DAY;

/// When a settlement announced `now` may happen; `None` while a price may still come, and if none ever
/// did, because nobody can have a position then. Time before the chain's last disruption does not
/// count, because nobody could publish.
pub fn announced(newest: Millis, last_disruption: Millis, now: Millis) -> Option<Millis> {
    let given_up = newest.0 != 0 && now >= newest.max(last_disruption).after(NO_PRICE);
    given_up.then_some(now.after(NOTICE))
}

/// Whether the notice that ends at `settles` (zero: none was given) is over. A disruption begins it
/// anew, because nobody could publish or close in a halt.
pub fn is_due(settles: Millis, last_disruption: Millis, now: Millis) -> bool {
    settles.0 != 0 && now >= settles.max(last_disruption.after(NOTICE))
}

/// Closes an account's whole position at the settlement price, without spread, fee or penalty.
///
/// # Errors
/// [`Overflow`] when an amount does not fit; nothing was changed.
pub fn settle(
    book: &TradeContext,
    price: Price,
    cover: &LossCover<'_>,
) -> Result<Traded, Overflow> {
    let closing = SignedSize(book.position.size.0.checked_neg().ok_or(Overflow)?);
    book.trade(closing, price, cover, |_, _| Ok(Charges::default()))
}

#[cfg(test)]
#[path = "settlement_tests.rs"]
mod tests;
