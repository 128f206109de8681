//! Everything one trade touches, and the trade itself: shared by orders and liquidations.

use crate::account::ledger::{self, AccountBalances, FeeDistribution, Ledger, Settled};
use crate::account::loss::LossCover;
use crate::account::position::{Position, Trade};
use crate::market::exposure::SideTotal;
use crate::math::Overflow;
use crate::units::{CarryIndex, Price, Side, SignedSize, SignedUsd, Size, Usd};

/// One account's position and balances, the market's totals and the silo's ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TradeContext {
    /// The account's position in the market.
    pub position: Position,
    /// The account's money.
    pub balances: AccountBalances,
    /// Whether the account has positions in other markets: while it has, what it cannot pay stays
    /// its debt.
    pub others: bool,
    /// All long positions of the market.
    pub longs: SideTotal,
    /// All short positions of the market.
    pub shorts: SideTotal,
    /// The longs' carry index now.
    pub carry_long: CarryIndex,
    /// The shorts' carry index now.
    pub carry_short: CarryIndex,
    /// The silo's money.
    pub ledger: Ledger,
    /// Entry value of every open position of the silo.
    pub open: Usd,
}

/// What a trade did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traded {
    /// Everything it touched, afterwards.
    pub book: TradeContext,
    /// The trade.
    pub trade: Trade,
    /// Funding and borrow fee settled with it: positive when the account paid.
    pub carry: SignedUsd,
    /// What the account could not pay when this closed its last position.
    pub bad_debt: Usd,
    /// The part of the bad debt that insurance paid.
    pub insured: Usd,
    /// Charges that were really passed on.
    pub passed_on: FeeDistribution,
}

/// What a trade costs the account, and where it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charges {
    /// Everything the account is charged.
    pub total: Usd,
    /// The part the pool passes on.
    pub due: FeeDistribution,
}

impl TradeContext {
    /// Carry index of a side.
    pub const fn carry(&self, side: Side) -> CarryIndex {
        match side {
            Side::Long => self.carry_long,
            Side::Short => self.carry_short,
        }
    }

    /// By how much longs exceed shorts.
    ///
    /// # Errors
    /// [`Overflow`] when a side exceeds `i64`.
    pub fn skew(&self) -> Result<SignedSize, Overflow> {
        crate::market::exposure::skew(self.longs.size, self.shorts.size)
    }

    /// Open interest of a side.
    pub const fn side_size(&self, side: Side) -> Size {
        match side {
            Side::Long => self.longs.size,
            Side::Short => self.shorts.size,
        }
    }

    /// Whether `trade` leaves the account without any position.
    pub const fn is_flat_with(&self, trade: &Trade) -> bool {
        !self.others && trade.position.size.0 == 0
    }

    /// Trades `delta` at `price` against the pool. `charge` gets the trade and what the account
    /// has left after its result and its debt, and returns the charges. `cover` bears bad debt.
    ///
    /// # Errors
    /// [`Overflow`] when an amount does not fit its type; nothing was changed.
    pub fn trade(
        &self,
        delta: SignedSize,
        price: Price,
        cover: &LossCover<'_>,
        charge: impl FnOnce(&Trade, SignedUsd) -> Result<Charges, Overflow>,
    ) -> Result<Traded, Overflow> {
        let carry = self.position.carry_owed(self.carry(self.position.size.side()))?;
        let trade = self.position.trade(delta, price, |side| self.carry(side))?;
        let result = trade.realised.minus(carry)?;
        let charges = charge(&trade, self.balances.owned()?.plus(result)?)?;
        let result = result.minus(charges.total.signed()?)?;
        let flat = self.is_flat_with(&trade);
        let settled = ledger::settle(self.ledger, self.balances, result, charges.due, cover, flat)?;
        let Settled { ledger, balances, bad_debt, insured, passed_on } = settled;
        let book = Self {
            position: trade.position,
            balances,
            longs: self.longs.replace(Side::Long, &self.position, &trade.position)?,
            shorts: self.shorts.replace(Side::Short, &self.position, &trade.position)?,
            ledger,
            open: self.open.minus(self.position.entry)?.plus(trade.position.entry)?,
            ..*self
        };
        Ok(Traded { book, trade, carry, bad_debt, insured, passed_on })
    }
}

#[cfg(test)]
#[path = "trade_context_tests.rs"]
mod tests;
