//! What a trader asked for.
//!
//! An order gets a price published after the request: `earliest` is fixed when the order is placed,
//! or when somebody triggers it. So nobody trades at a price that was known while they could still
//! choose.

use crate::bounds::{self, OutOfBounds};
use crate::market::belief::DECIDES_FOR;
use crate::units::{Millis, Price, Side, SignedSize, Size};

/// An index price that an order waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Executes at the first price after the delay.
    Immediate,
    /// Executes once the index is at or above this.
    AtOrAbove(Price),
    /// Executes once the index is at or below this.
    AtOrBelow(Price),
}

/// A request to trade. Market, limit, stop and take-profit orders are the same object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Size to trade, a buy when positive.
    pub delta: SignedSize,
    /// The worst price accepted, spread included.
    pub limit: Price,
    /// Never opens: cut at what closes the position.
    pub reduce_only: bool,
    /// Whether a reduction also takes a price that is not believed, as long as that is worse for its
    /// owner than the reference.
    pub any_price: bool,
    /// What the index must do first.
    pub trigger: Trigger,
    /// The most it may open: what initial margin was reserved for.
    pub opens_up_to: Size,
    /// Publish time from which on a price decides, fixed when the order was placed or its trigger
    /// set off; zero while it waits for its trigger.
    pub earliest: Millis,
    /// No price published after this decides it: undecided, it is removed.
    pub expires: Millis,
}

/// What an order trades against a position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Closed of the position.
    pub closes: Size,
    /// Opened on the order's side.
    pub opens: Size,
}

impl Trigger {
    /// Whether an index price sets the order off.
    pub fn is_met(self, index: Price) -> bool {
        match self {
            Self::Immediate => true,
            Self::AtOrAbove(level) => index >= level,
            Self::AtOrBelow(level) => index <= level,
        }
    }
}

impl Order {
    /// What is actually traded against a position of `held`: first what closes it, then what opens,
    /// as far as margin is reserved for. A reduce-only order neither opens nor flips, nor does any
    /// order while opening is refused.
    pub fn parts(&self, held: SignedSize, may_open: bool) -> Parts {
        let against = held.0 != 0 && held.side() != self.delta.side();
        let closes = if against { self.delta.size().min(held.size()) } else { Size(0) };
        let rest = Size(self.delta.size().0.saturating_sub(closes.0));
        let may_open = may_open && !self.reduce_only;
        Parts { closes, opens: if may_open { rest.min(self.opens_up_to) } else { Size(0) } }
    }

    /// How much all of it would open against a position of `held`: what margin is reserved for.
    pub fn opened(&self, held: SignedSize) -> Size {
        Order { opens_up_to: self.delta.size(), ..*self }.parts(held, true).opens
    }

    /// The highest price at which it can be expected to open, where the market's is at most `now`.
    pub fn highest_price(&self, now: Price) -> Price {
        let reached = match self.trigger {
            Trigger::AtOrAbove(level) => now.max(level),
            Trigger::Immediate | Trigger::AtOrBelow(_) => now,
        };
        match self.delta.side() {
            Side::Long => reached.min(self.limit),
            Side::Short => reached,
        }
    }

    /// Publish time from which on a price decides what is traded. What closes a position gets no
    /// price from before an order last changed it at `changed` (zero: none has), nor from within the
    /// `delay` after that: otherwise its owner could choose, once the price is known, whether there
    /// is a position to close.
    pub fn decided_from(&self, parts: Parts, changed: Millis, delay: Millis) -> Millis {
        let closes = parts.closes.0 > 0 && changed.0 > 0;
        if closes { self.earliest.max(changed.after(delay)) } else { self.earliest }
    }

    /// Whether it never opens, whatever position it meets.
    pub fn only_reduces(&self) -> bool {
        self.reduce_only || self.opens_up_to.0 == 0
    }

    /// Whether it waits for its trigger again after its account's position went from `before` to `after`:
    /// one that only reduces, where nothing is left to reduce, and any that would close what has just been
    /// opened. It was set off for the position before, and may have lapsed since.
    pub fn waits_anew(&self, before: SignedSize, after: SignedSize) -> bool {
        let flipped = before.0 != 0 && before.side() != after.side();
        let opened = after.0 != 0 && (flipped || after.size() > before.size());
        let closes = opened && after.side() != self.delta.side();
        !self.is_immediate() && (closes || (after.0 == 0 && self.only_reduces()))
    }

    /// Whether it waits for no trigger.
    pub fn is_immediate(&self) -> bool {
        self.trigger == Trigger::Immediate
    }

    /// Whether the order could ever execute: it has a size, a limit and a trigger to meet, and time
    /// left.
    ///
    /// # Errors
    /// The first of these that is missing, by its name in the instruction's argument.
    pub fn check(&self, now: Millis) -> Result<(), OutOfBounds> {
        let has_level = match self.trigger {
            Trigger::Immediate => true,
            Trigger::AtOrAbove(level) | Trigger::AtOrBelow(level) => level.0 > 0,
        };
        bounds::check(&[
            ("delta", "other than zero", self.delta.0 != 0),
            ("limit", "a price above zero, the worst you accept", self.limit.0 > 0),
            ("trigger.price", "a price above zero", has_level),
            ("expires_ms", "later than the venue's clock", self.expires > now),
        ])
    }

    /// Whether anyone may remove the order because its time is over.
    pub fn is_expired(&self, now: Millis) -> bool {
        now > self.expires
    }

    /// Whether a price that decides the order may be published by `now` although none is stored, where
    /// one published from `first` on does. Prices are stored up to `decide_within` after their
    /// publication, and somebody stores one within [`DECIDES_FOR`] of that. An order that could be taken
    /// back meanwhile would be an option on that price.
    pub fn may_be_decided(&self, first: Millis, now: Millis, decide_within: Millis) -> bool {
        let last = if self.is_expired(now) {
            self.expires.after(decide_within)
        } else {
            first.after(decide_within).after(DECIDES_FOR)
        };
        first <= self.expires && (first..=last).contains(&now)
    }

    /// Whether a price with spread is within the limit.
    pub fn keeps_limit(&self, price: Price) -> bool {
        match self.delta.side() {
            Side::Long => price <= self.limit,
            Side::Short => price >= self.limit,
        }
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
