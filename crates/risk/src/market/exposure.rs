//! A market's open interest: what the pool owes or is owed by all its traders together.

use crate::account::position::{Position, notional};
use crate::math::{Overflow, Rounding};
use crate::units::{CarryIndex, Price, Side, SignedSize, SignedUsd, Size, Usd};

/// All positions of one side, summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SideTotal {
    /// Sum of sizes.
    pub size: Size,
    /// Sum of entry values.
    pub entry: Usd,
    /// Sum of size times carry index at the last settlement, in 10⁻¹² native units.
    pub carry_basis: i128,
}

impl SideTotal {
    /// Takes `before` out and puts `after` in; a position of the other side counts as none.
    ///
    /// # Errors
    /// [`Overflow`] when a sum does not fit.
    pub fn replace(
        self,
        side: Side,
        before: &Position,
        after: &Position,
    ) -> Result<Self, Overflow> {
        if !is_on(side, before) && !is_on(side, after) {
            return Ok(self);
        }
        let (before, after) = (part(side, before), part(side, after));
        let size = self.size.0.checked_sub(before.size.0).ok_or(Overflow)?;
        let basis = self.carry_basis.checked_sub(before.carry_basis).ok_or(Overflow)?;
        Ok(Self {
            size: Size(size.checked_add(after.size.0).ok_or(Overflow)?),
            entry: self.entry.minus(before.entry)?.plus(after.entry)?,
            carry_basis: basis.checked_add(after.carry_basis).ok_or(Overflow)?,
        })
    }

    /// Carry all positions of the side owe together, rounded down: what the pool can count on.
    ///
    /// # Errors
    /// [`Overflow`] when the amount does not fit.
    pub fn carry_owed(&self, index: CarryIndex) -> Result<SignedUsd, Overflow> {
        let size = i128::from(self.size.0);
        let owed = size
            .checked_mul(i128::from(index.0))
            .and_then(|now| now.checked_sub(self.carry_basis))
            .ok_or(Overflow)?
            .div_euclid(1_000_000_000_000);
        i64::try_from(owed).map(SignedUsd).map_err(|_| Overflow)
    }
}

fn is_on(side: Side, position: &Position) -> bool {
    position.size.0 != 0 && position.size.side() == side
}

fn part(side: Side, position: &Position) -> SideTotal {
    if !is_on(side, position) {
        return SideTotal::default();
    }
    let size = position.size.size();
    // 64 bits without a sign times 64 with one always fit 128 with one.
    let basis = i128::from(size.0).wrapping_mul(i128::from(position.carry.0));
    SideTotal { size, entry: position.entry, carry_basis: basis }
}

/// By how much longs exceed shorts.
///
/// # Errors
/// [`Overflow`] when a side exceeds `i64`.
pub fn skew(longs: Size, shorts: Size) -> Result<SignedSize, Overflow> {
    longs.on(Side::Long)?.plus(shorts.on(Side::Short)?)
}

/// What all traders of one side together would gain from the pool at `price`, less the carry they
/// owe at `carry`; rounded up: a debt of the pool.
///
/// # Errors
/// [`Overflow`] when an amount does not fit.
pub fn side_gain(
    side: Side,
    total: &SideTotal,
    price: Price,
    carry: CarryIndex,
) -> Result<SignedUsd, Overflow> {
    let entry = total.entry.signed()?;
    let gain = match side {
        Side::Long => notional(total.size, price, Rounding::Up)?.signed()?.minus(entry)?,
        Side::Short => entry.minus(notional(total.size, price, Rounding::Down)?.signed()?)?,
    };
    gain.minus(total.carry_owed(carry)?)
}
