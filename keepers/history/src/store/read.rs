//! Reading what happened.

use std::fmt;
use std::str::FromStr;

use rusqlite::{Row, params, params_from_iter, types::Value as Sql};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Store, hour_of, int};
use crate::described::describe;

/// A place in the order of things: slot, rank in the slot, index in the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The slot.
    pub slot: u64,
    /// The transaction's rank in it.
    pub rank: i64,
    /// The event's index in the transaction.
    pub index: u32,
}

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}.{}.{}", self.slot, self.rank, self.index)
    }
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = || {
            let (slot, rest) = text.split_once('.')?;
            let (rank, index) = rest.split_once('.')?;
            Some(Self {
                slot: slot.parse().ok()?,
                rank: rank.parse().ok()?,
                index: index.parse().ok()?,
            })
        };
        parsed().ok_or_else(|| "before is no cursor: give the `next` of the page before".to_owned())
    }
}

/// Where and when a transaction's events happened.
pub(super) struct At<'a> {
    /// The transaction.
    pub signature: &'a str,
    /// Its slot.
    pub slot: u64,
    /// Its rank in the slot.
    pub rank: i64,
    /// When its block was made.
    pub time_s: Option<i64>,
    /// The silo it names.
    pub silo: Option<u16>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Happened {
    /// Its place in the order of things, for `before`.
    pub cursor: String,
    /// The transaction's signature, in base 58.
    pub signature: String,
    /// Which of the transaction's events it is, from zero.
    pub index: u32,
    /// The slot.
    pub slot: u64,
    /// When its block was made, seconds since 1970; null where no endpoint knew.
    pub time_s: Option<i64>,
    /// Number of the silo that the transaction names; null where it names none or several.
    pub silo: Option<u16>,
    /// The event's name.
    pub kind: String,
    /// The margin account it is about.
    pub account: Option<String>,
    /// Index of the market it is about.
    pub market: Option<u8>,
    /// Its fields, in the program's units.
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
}

impl Happened {
    pub(super) fn of(
        at: &At,
        index: u32,
        kind: &str,
        account: Option<String>,
        market: Option<u8>,
        bytes: &[u8],
    ) -> Self {
        let At { slot, rank, time_s, silo, .. } = *at;
        Self {
            cursor: Cursor { slot, rank, index }.to_string(),
            signature: at.signature.to_owned(),
            index,
            slot,
            time_s,
            silo,
            kind: kind.to_owned(),
            account,
            market,
            fields: describe(bytes).fields,
        }
    }

    fn read(row: &Row) -> rusqlite::Result<Self> {
        let (signature, index): (String, u32) = (row.get(0)?, row.get(1)?);
        let (slot, rank) = (row.get(2)?, row.get(3)?);
        let at = At { signature: &signature, slot, rank, time_s: row.get(4)?, silo: row.get(5)? };
        let (kind, data): (String, Vec<u8>) = (row.get(6)?, row.get(9)?);
        Ok(Self::of(&at, index, &kind, row.get(7)?, row.get(8)?, &data))
    }
}

/// A change of a position. Amounts are native units, prices and sizes millionths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FillRow {
    /// Its place in the order of things, for `before`.
    pub cursor: String,
    /// The transaction's signature, in base 58.
    pub signature: String,
    /// Which of the transaction's events it is, from zero.
    pub index: u32,
    /// The slot.
    pub slot: u64,
    /// When its block was made, seconds since 1970; null where no endpoint knew.
    pub time_s: Option<i64>,
    /// Number of the silo that the transaction names; null where it names none or several.
    pub silo: Option<u16>,
    /// `trade`, `liquidation` or `settlement`.
    pub kind: String,
    /// The margin account.
    pub account: String,
    /// The market's index.
    pub market: u8,
    /// The price, spread included.
    pub price: u64,
    /// How much the size changed by.
    pub size: u64,
    /// 1 for a buy, -1 for a sale; 0 where the event does not say: a liquidation of the whole position.
    pub side: i8,
    /// The position afterwards, long when positive.
    pub position: i64,
    /// Profit of what was closed.
    pub realised: i64,
    /// Funding and borrow fee paid; null for a liquidation where the history does not reach back to the change of
    /// the position before it.
    pub carry: Option<i64>,
    /// Taker fee paid.
    pub fee: u64,
    /// Penalty of a liquidation: the liquidator's part.
    pub reward: u64,
    /// Penalty of a liquidation: insurance's part.
    pub to_insurance: u64,
    /// What the account owes afterwards.
    pub debt: u64,
    /// What the account could not pay.
    pub bad_debt: u64,
    /// What insurance paid of that.
    pub insured: u64,
}

impl FillRow {
    pub(super) fn read(row: &Row) -> rusqlite::Result<Self> {
        let cursor = Cursor { slot: row.get(2)?, rank: row.get(3)?, index: row.get(1)? };
        Ok(Self {
            cursor: cursor.to_string(),
            signature: row.get(0)?,
            index: cursor.index,
            slot: cursor.slot,
            time_s: row.get(4)?,
            silo: row.get(5)?,
            kind: row.get(6)?,
            account: row.get(7)?,
            market: row.get(8)?,
            price: row.get(9)?,
            size: row.get(10)?,
            side: row.get(11)?,
            position: row.get(12)?,
            realised: row.get(13)?,
            carry: Some(row.get(14)?),
            fee: row.get(15)?,
            reward: row.get(16)?,
            to_insurance: row.get(17)?,
            debt: row.get(18)?,
            bad_debt: row.get(19)?,
            insured: row.get(20)?,
        })
    }
}

/// A candle of the index price, millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Candle {
    /// When it begins, milliseconds since 1970.
    pub start_ms: u64,
    /// The first price.
    pub open: u64,
    /// The highest.
    pub high: u64,
    /// The lowest.
    pub low: u64,
    /// The last.
    pub close: u64,
    /// How many prices it is made of.
    pub prices: u64,
}

/// A market's funding at the end of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FundingRow {
    /// When the hour's last price was published, milliseconds since 1970.
    pub published_ms: u64,
    /// Funding rate from then on, 10⁻¹⁵ of the notional per hour, positive when longs pay.
    pub funding_rate: i64,
    /// What a long has paid since the market began, millionths of a native unit per whole base unit.
    pub carry_long: i64,
    /// The same for a short.
    pub carry_short: i64,
}

/// Which of what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Of these kinds; of any where none is named.
    pub kinds: Vec<String>,
    /// About this account.
    pub account: Option<String>,
    /// About the market with this index.
    pub market: Option<u8>,
    /// Of transactions that name this silo.
    pub silo: Option<u16>,
    /// Before this.
    pub before: Option<Cursor>,
    /// No more than so many.
    pub limit: u32,
}

impl Query {
    /// The conditions and their values.
    fn conditions(&self, kind: Option<&str>) -> (String, Vec<Sql>) {
        let (mut text, mut values) = (String::from("1"), Vec::new());
        let mut add = |condition: &str, value: Sql| {
            text.push_str(" AND ");
            text.push_str(condition);
            values.push(value);
        };
        if let Some(kind) = kind {
            add("kind = ?", kind.to_owned().into());
        }
        if let Some(account) = &self.account {
            add("account = ?", account.clone().into());
        }
        if let Some(market) = self.market {
            add("market = ?", i64::from(market).into());
        }
        if let Some(silo) = self.silo {
            add("silo = ?", i64::from(silo).into());
        }
        if let Some(before) = self.before {
            text.push_str(" AND (slot, rank, idx) < (?, ?, ?)");
            values.extend([int(before.slot), before.rank, before.index.into()].map(Sql::from));
        }
        values.push(i64::from(self.limit).into());
        (text, values)
    }
}

impl Store {
    /// What happened, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn events(&self, query: &Query) -> rusqlite::Result<Vec<Happened>> {
        self.newest("event", query, Happened::read, |happened| &happened.cursor)
    }

    /// Changes of positions, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn fills(&self, query: &Query) -> rusqlite::Result<Vec<FillRow>> {
        self.with_carry(self.newest("fill", query, FillRow::read, |fill| &fill.cursor)?)
    }

    /// The newest rows of a table: those of each kind by themselves, so that rare kinds are found by their index.
    fn newest<T>(
        &self,
        table: &str,
        query: &Query,
        read: impl Fn(&Row) -> rusqlite::Result<T>,
        cursor: impl Fn(&T) -> &str,
    ) -> rusqlite::Result<Vec<T>> {
        let kinds = query.kinds.iter().map(|kind| Some(kind.as_str()));
        let kinds: Vec<_> = if query.kinds.is_empty() { vec![None] } else { kinds.collect() };
        let mut found = Vec::new();
        for kind in kinds {
            let (conditions, values) = query.conditions(kind);
            let sql = format!(
                "SELECT * FROM {table} WHERE {conditions} ORDER BY slot DESC, rank DESC, idx DESC LIMIT ?"
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            for row in statement.query_map(params_from_iter(values), &read)? {
                found.push(row?);
            }
        }
        found.sort_by_key(|row| core::cmp::Reverse(cursor(row).parse::<Cursor>().ok()));
        found.truncate(query.limit as usize);
        Ok(found)
    }

    /// All changes of an account's positions, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn fills_of(&self, account: &str) -> rusqlite::Result<Vec<FillRow>> {
        let sql = "SELECT * FROM fill WHERE account = ?1 ORDER BY slot, rank, idx";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([account], FillRow::read)?;
        self.with_carry(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Slots of the first and the last event about an account.
    ///
    /// # Errors
    /// When the database fails.
    pub fn slots_of(&self, account: &str) -> rusqlite::Result<Option<(u64, u64)>> {
        let sql = "SELECT min(slot), max(slot) FROM event WHERE account = ?1";
        let slots = |row: &Row| Ok((row.get::<_, Option<u64>>(0)?, row.get::<_, Option<u64>>(1)?));
        let (first, last) = self.connection.prepare_cached(sql)?.query_row([account], slots)?;
        Ok(first.zip(last))
    }

    /// All events of these kinds in slots after `after`, up to `to`, the oldest first, with their bytes.
    ///
    /// # Errors
    /// When the database fails.
    pub fn bytes_of(
        &self,
        kinds: &[&str],
        after: Option<u64>,
        to: u64,
        mut each: impl FnMut(&[u8]),
    ) -> rusqlite::Result<()> {
        let named = vec!["?"; kinds.len()].join(", ");
        let sql = format!(
            "SELECT data FROM event WHERE slot > ? AND slot <= ? AND kind IN ({named}) ORDER BY slot, rank, idx"
        );
        let after = after.map_or(-1, int);
        let slots = [after, int(to)].map(Sql::from);
        let kinds = kinds.iter().map(|kind| Sql::from((*kind).to_owned()));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(slots.into_iter().chain(kinds)))?;
        while let Some(row) = rows.next()? {
            each(row.get_ref(0)?.as_blob()?);
        }
        Ok(())
    }

    /// Candles of `minutes` each that begin before a moment, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn candles(
        &self,
        (silo, market): (u16, u8),
        minutes: u64,
        before_ms: u64,
        limit: u32,
    ) -> rusqlite::Result<Vec<Candle>> {
        let long = minutes.saturating_mul(60_000).max(1);
        let sql = "SELECT minute_ms, open, high, low, close, prices FROM candle
                   WHERE silo = ?1 AND market = ?2 AND minute_ms < ?3 ORDER BY minute_ms DESC";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![silo, market, int(before_ms)])?;
        let mut candles: Vec<Candle> = Vec::new();
        while let Some(row) = rows.next()? {
            let minute: u64 = row.get(0)?;
            let part = Candle {
                start_ms: minute / long * long,
                open: row.get(1)?,
                high: row.get(2)?,
                low: row.get(3)?,
                close: row.get(4)?,
                prices: row.get(5)?,
            };
            let is_full = candles.len() >= limit as usize;
            match candles.last_mut().filter(|candle| candle.start_ms == part.start_ms) {
                Some(candle) => {
                    candle.high = candle.high.max(part.high);
                    candle.low = candle.low.min(part.low);
                    (candle.open, candle.prices) = (part.open, candle.prices + part.prices);
                }
                None if is_full => break,
                None => candles.push(part),
            }
        }
        Ok(candles)
    }

    /// A market's funding at the end of each hour that has prices, before a moment, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn funding(
        &self,
        (silo, market): (u16, u8),
        before_ms: u64,
        limit: u32,
    ) -> rusqlite::Result<Vec<FundingRow>> {
        let sql = "SELECT published_ms, funding_rate, carry_long, carry_short FROM price
                   WHERE silo = ?1 AND market = ?2 AND published_ms < ?3
                   ORDER BY published_ms DESC, slot DESC, rank DESC, idx DESC LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let (mut found, mut before) = (Vec::new(), before_ms);
        while found.len() < limit as usize {
            let mut rows = statement.query(params![silo, market, int(before)])?;
            let Some(row) = rows.next()? else { break };
            let funding = FundingRow {
                published_ms: row.get(0)?,
                funding_rate: row.get(1)?,
                carry_long: row.get(2)?,
                carry_short: row.get(3)?,
            };
            before = hour_of(funding.published_ms);
            found.push(funding);
        }
        Ok(found)
    }

    /// A moment as people write it, in UTC: `2026-01-31T12:00:00Z`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn written(&self, time_s: i64) -> rusqlite::Result<String> {
        let sql = "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', ?1, 'unixepoch')";
        self.connection.prepare_cached(sql)?.query_row([time_s], |row| row.get(0))
    }
}
