//! What liquidations settled of funding and borrow fee. Their events do not say it; it follows from the market's
//! carry indexes, which move with its prices and with nothing else.

use holdfast_risk::account::position::Position;
use holdfast_risk::{CarryIndex, SignedSize, Usd};
use rusqlite::{OptionalExtension, params};

use super::{Cursor, FillRow, Store, int};

impl Store {
    /// Has every liquidation among changes of positions say what it settled. Where the history does not reach
    /// back to the change before it, nothing is said.
    pub(super) fn with_carry(&self, fills: Vec<FillRow>) -> rusqlite::Result<Vec<FillRow>> {
        fills.into_iter().map(|fill| self.completed(fill)).collect()
    }

    /// The same for one of them.
    pub(super) fn completed(&self, fill: FillRow) -> rusqlite::Result<FillRow> {
        if fill.kind != "liquidation" {
            return Ok(fill);
        }
        let carry = self.carry_of(&fill)?;
        Ok(FillRow { carry, ..fill })
    }

    fn carry_of(&self, fill: &FillRow) -> rusqlite::Result<Option<i64>> {
        let (Ok(at), Some(silo)) = (fill.cursor.parse::<Cursor>(), fill.silo) else {
            return Ok(None);
        };
        let Some((settled, size)) = self.position_before(fill, at)? else { return Ok(None) };
        let (market, is_short) = ((silo, fill.market), size < 0);
        let then = self.index_before(market, settled, is_short)?;
        let Some((then, now)) = then.zip(self.index_before(market, at, is_short)?) else {
            return Ok(None);
        };
        let held = Position { size: SignedSize(size), entry: Usd(0), carry: CarryIndex(then) };
        Ok(held.carry_owed(CarryIndex(now)).ok().map(|owed| owed.0))
    }

    /// When the position was changed before, and what it was from then on.
    fn position_before(
        &self,
        fill: &FillRow,
        at: Cursor,
    ) -> rusqlite::Result<Option<(Cursor, i64)>> {
        let sql = "SELECT slot, rank, idx, position FROM fill
                   WHERE account = ?1 AND market = ?2 AND (slot, rank, idx) < (?3, ?4, ?5)
                   ORDER BY slot DESC, rank DESC, idx DESC LIMIT 1";
        let place = params![fill.account, fill.market, int(at.slot), at.rank, at.index];
        let found = self.connection.prepare_cached(sql)?.query_row(place, |row| {
            let at = Cursor { slot: row.get(0)?, rank: row.get(1)?, index: row.get(2)? };
            Ok((at, row.get::<_, i64>(3)?))
        });
        Ok(found.optional()?.filter(|(_, size)| *size != 0))
    }

    /// A side's carry index as the last price before a moment left it.
    fn index_before(
        &self,
        (silo, market): (u16, u8),
        at: Cursor,
        is_short: bool,
    ) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT carry_long, carry_short FROM price
                   WHERE silo = ?1 AND market = ?2 AND (slot, rank, idx) < (?3, ?4, ?5)
                   ORDER BY slot DESC, rank DESC, idx DESC LIMIT 1";
        let place = params![silo, market, int(at.slot), at.rank, at.index];
        let mut index = self.connection.prepare_cached(sql)?;
        index.query_row(place, |row| row.get(usize::from(is_short))).optional()
    }
}

#[cfg(test)]
#[path = "carry_tests.rs"]
mod tests;
