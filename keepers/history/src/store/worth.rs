//! What the pools were worth when accounts were read.

use rusqlite::{OptionalExtension, params};

use super::{DAY_MS, Store, hour_of, int};
use crate::pools::{PoolYield, pace};
use crate::worth::{PoolWorth, Worth};

/// Days over which it is told what a share gained.
const DAYS: [u64; 3] = [1, 7, 30];

impl Store {
    /// Remembers what pools were worth.
    ///
    /// # Errors
    /// When the database fails; nothing is written then.
    pub fn write_worths(&mut self, found: &[PoolWorth]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        for PoolWorth { silo, pool, worth } in found {
            let Worth { slot, published_ms, worth, shares, .. } = worth;
            transaction.execute(
                "INSERT OR IGNORE INTO worth VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![silo, pool, int(*slot), int(*published_ms), worth, int(*shares)],
            )?;
        }
        transaction.commit()
    }

    /// What a pool was worth at the end of each hour in which accounts were read, before a moment, the newest
    /// first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn worths(
        &self,
        place: (u16, &str),
        before_ms: u64,
        limit: u32,
    ) -> rusqlite::Result<Vec<Worth>> {
        let (mut found, mut before) = (Vec::new(), before_ms);
        while found.len() < limit as usize {
            let Some(worth) = self.worth_before(place, before)? else { break };
            before = hour_of(worth.published_ms);
            found.push(worth);
        }
        Ok(found)
    }

    /// What a share gained up to now over the last day, week and month, where as much is known.
    ///
    /// # Errors
    /// When the database fails.
    pub fn gains(&self, place: (u16, &str)) -> rusqlite::Result<Vec<PoolYield>> {
        let Some(to) = self.worth_before(place, u64::MAX)? else { return Ok(Vec::new()) };
        let mut gains = Vec::new();
        for days in DAYS {
            // Up to that moment, and in it.
            let before = (to.published_ms + 1).saturating_sub(days * DAY_MS);
            let Some(from) = self.worth_before(place, before)? else { continue };
            gains.extend(
                moment(&from).zip(moment(&to)).and_then(|(from, to)| pace(place.1, from, to)),
            );
        }
        Ok(gains)
    }

    /// The last that is known from before a moment.
    fn worth_before(
        &self,
        (silo, pool): (u16, &str),
        before_ms: u64,
    ) -> rusqlite::Result<Option<Worth>> {
        let sql = "SELECT slot, published_ms, worth, shares FROM worth
                   WHERE silo = ?1 AND pool = ?2 AND published_ms < ?3
                   ORDER BY published_ms DESC, slot DESC LIMIT 1";
        let mut worth = self.connection.prepare_cached(sql)?;
        let read = |row: &rusqlite::Row| {
            Ok(Worth::new(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        };
        worth.query_row(params![silo, pool, int(before_ms)], read).optional()
    }
}

/// Seconds since 1970, and a share's price then.
fn moment(worth: &Worth) -> Option<(i64, u64)> {
    Some((i64::try_from(worth.published_ms / 1_000).ok()?, worth.share_price?))
}
