//! What a trader asked for, and the price it executes at: nobody picks it.

use crate::market::price::PricePoint;
use crate::market::spread::trade_price;
use crate::math::Overflow;
use crate::units::{Millis, Ppm, Price, Side, SignedSize, Size};

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
    /// What the index must do first.
    pub trigger: Trigger,
    /// When it was placed.
    pub requested: Millis,
    /// After this it is removed unexecuted.
    pub expires: Millis,
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
    /// What is really traded against a position of `held`: a reduce-only order is cut at zero, so
    /// it can neither open nor flip, and so is any order while opening is refused.
    ///
    /// # Errors
    /// [`Overflow`] when the size does not fit.
    pub fn executable(&self, held: SignedSize, may_open: bool) -> Result<SignedSize, Overflow> {
        if !self.reduce_only && may_open {
            return Ok(self.delta);
        }
        if held.0 == 0 || held.side() == self.delta.side() {
            return Ok(SignedSize(0));
        }
        Size(self.delta.size().0.min(held.size().0)).on(self.delta.side())
    }

    /// The oldest price published at or after `earliest` that meets the trigger and keeps the
    /// limit, with the price the trade gets there. `recent` comes newest first.
    ///
    /// # Errors
    /// [`Overflow`] when a buyer's price with spread exceeds `u64`.
    pub fn execution(
        &self,
        recent: impl Iterator<Item = PricePoint>,
        earliest: Millis,
        spread: Ppm,
    ) -> Result<Option<(PricePoint, Price)>, Overflow> {
        let mut chosen = None;
        for point in recent.take_while(|point| point.published >= earliest) {
            let side = self.delta.side();
            let price = trade_price(point.traded(side), side, spread)?;
            if self.trigger.is_met(point.middle()) && self.keeps_limit(price) {
                chosen = Some((point, price));
            }
        }
        Ok(chosen)
    }

    /// Whether the order could ever execute: it has a size, a limit and a trigger to meet, and time
    /// left.
    pub fn can_execute(&self, now: Millis) -> bool {
        let has_level = match self.trigger {
            Trigger::Immediate => true,
            Trigger::AtOrAbove(level) | Trigger::AtOrBelow(level) => level.0 > 0,
        };
        self.delta.0 != 0 && self.limit.0 > 0 && has_level && self.expires > now
    }

    /// Whether executing all of it would open or increase a position of `held`.
    pub fn opens(&self, held: SignedSize) -> bool {
        let against = held.0 != 0 && held.side() != self.delta.side();
        !self.reduce_only && (!against || self.delta.size() > held.size())
    }

    /// Whether anyone may remove the order.
    pub fn is_expired(&self, now: Millis) -> bool {
        now > self.expires
    }

    fn keeps_limit(&self, price: Price) -> bool {
        match self.delta.side() {
            Side::Long => price <= self.limit,
            Side::Short => price >= self.limit,
        }
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
