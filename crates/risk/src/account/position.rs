//! A position: its value, its profit, its carry, and what a trade does to it.

use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{CarryIndex, ONE, Price, Side, SignedSize, SignedUsd, Size, Usd};

/// Native units per unit of [`CarryIndex`] times size: the index counts millionths of a native
/// unit per whole base unit, and a whole base unit is a million.
const CARRY_SCALE: u64 = ONE * ONE;

/// An open position, or all zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Size, long when positive.
    pub size: SignedSize,
    /// What the size was worth when it was opened. Kept instead of an entry price, so that partial
    /// closes lose nothing to rounding.
    pub entry: Usd,
    /// The market's carry index of this side when carry was last settled.
    pub carry: CarryIndex,
}

/// What a trade does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// The position afterwards.
    pub position: Position,
    /// Profit of the part that was closed.
    pub realised: SignedUsd,
    /// How much was closed.
    pub closed: Size,
    /// How much was opened.
    pub opened: Size,
    /// The traded amount, rounded up: what fees are taken of.
    pub notional: Usd,
}

/// Value of `size` at `price`, rounded as the caller's side of the trade requires.
///
/// # Errors
/// [`Overflow`] when the value exceeds `u64` native units.
pub fn notional(size: Size, price: Price, rounding: Rounding) -> Result<Usd, Overflow> {
    mul_div(size.0, price.0, ONE, rounding).map(Usd)
}

impl Position {
    /// Profit of the whole position at `price`: a long's value rounds down and a short's up, so
    /// the fraction always stays with the vault.
    ///
    /// # Errors
    /// [`Overflow`] when the profit does not fit `i64` native units.
    pub fn profit(&self, price: Price) -> Result<SignedUsd, Overflow> {
        gain(self.size.side(), self.size.size(), self.entry, price)
    }

    /// What the position owes for funding and borrowing since it was last settled: rounded up
    /// when it pays, down when it receives.
    ///
    /// # Errors
    /// [`Overflow`] when the amount does not fit `i64` native units.
    pub fn carry_owed(&self, index: CarryIndex) -> Result<SignedUsd, Overflow> {
        let per_unit = index.0.checked_sub(self.carry.0).ok_or(Overflow)?;
        let pays = per_unit > 0;
        let rounding = if pays { Rounding::Up } else { Rounding::Down };
        let size = self.size.size().0;
        let owed = mul_div(size, per_unit.unsigned_abs(), CARRY_SCALE, rounding)?;
        let owed = i64::try_from(owed).map_err(|_| Overflow)?;
        Ok(SignedUsd(if pays { owed } else { owed.checked_neg().ok_or(Overflow)? }))
    }

    /// Applies a trade of `delta` at `price`. The part against the position closes it; what is
    /// left opens the other side. Carry must have been settled up to the two indices given, one
    /// per side, of which the new position takes its side's.
    ///
    /// # Errors
    /// [`Overflow`] when an amount does not fit its type.
    pub fn trade(
        &self,
        delta: SignedSize,
        price: Price,
        carry: impl Fn(Side) -> CarryIndex,
    ) -> Result<Trade, Overflow> {
        let against = self.size.0 != 0 && self.size.side() != delta.side();
        let held = self.size.size();
        let closed = Size(if against { held.0.min(delta.size().0) } else { 0 });
        let opened = Size(delta.size().0.saturating_sub(closed.0));
        let entry_closed = self.entry_of(closed)?;
        let realised = gain(self.size.side(), closed, entry_closed, price)?;
        let entry_opened = notional(opened, price, opening_rounding(delta.side()))?;
        let size = self.size.plus(delta)?;
        let position = Position {
            size,
            entry: self.entry.minus(entry_closed)?.plus(entry_opened)?,
            carry: if size.0 == 0 { CarryIndex::default() } else { carry(size.side()) },
        };
        let notional = notional(delta.size(), price, Rounding::Up)?;
        Ok(Trade { position, realised, closed, opened, notional })
    }

    /// The part of the entry value that belongs to `closed` of the size: rounded up for a long and
    /// down for a short, against the trader, and exactly everything when all is closed.
    fn entry_of(&self, closed: Size) -> Result<Usd, Overflow> {
        if closed.0 == 0 {
            return Ok(Usd(0));
        }
        let rounding = opening_rounding(self.size.side());
        mul_div(self.entry.0, closed.0, self.size.size().0, rounding).map(Usd)
    }
}

/// Entry values round against the trader: a long pays more, a short receives less.
const fn opening_rounding(side: Side) -> Rounding {
    match side {
        Side::Long => Rounding::Up,
        Side::Short => Rounding::Down,
    }
}

fn gain(side: Side, size: Size, entry: Usd, price: Price) -> Result<SignedUsd, Overflow> {
    let (bought, sold) = match side {
        Side::Long => (entry, notional(size, price, Rounding::Down)?),
        Side::Short => (notional(size, price, Rounding::Up)?, entry),
    };
    sold.signed()?.minus(bought.signed()?)
}

#[cfg(test)]
#[path = "position_tests.rs"]
mod tests;
