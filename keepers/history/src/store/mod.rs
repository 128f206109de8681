//! The database. Whatever is written goes in one transaction with the cursor it belongs to, so a process that
//! ends anywhere leaves either all of it or nothing.

mod base;
mod carry;
mod days;
#[cfg(test)]
mod made_up;
mod read;
mod spans;
mod worth;
mod write;

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use crate::rows::Places;

pub use days::Day;
pub use read::{Candle, Cursor, FillRow, FundingRow, Happened, Query};
pub use spans::Span;
pub use write::{Entry, Window};

/// An hour, milliseconds.
const HOUR_MS: u64 = 3_600_000;
/// A day, milliseconds.
const DAY_MS: u64 = 24 * HOUR_MS;
/// The layout of the tables; another one is refused.
const VERSION: i64 = 1;

/// An open database.
pub struct Store {
    connection: Connection,
    places: Places,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Transactions of the program, failed ones included.
    pub transactions: u64,
    /// Events.
    pub events: u64,
    /// Transactions whose block is not final yet.
    pub not_final: u64,
    /// Transactions whose log was cut.
    pub truncated: u64,
    /// Slot of the oldest transaction; zero where there is none.
    pub first_slot: u64,
    /// Slot of the newest; zero where there is none.
    pub last_slot: u64,
}

impl Store {
    /// Opens the file, or makes it, for the cluster with this genesis hash.
    ///
    /// # Errors
    /// A sentence saying what to change.
    pub fn open(path: &Path, genesis: &str) -> Result<Self, String> {
        let place = path.display();
        let said = |error: rusqlite::Error| {
            format!(
                "{place} cannot be used as a database ({error}): name another file with --database"
            )
        };
        let connection = Connection::open(path).map_err(said)?;
        prepare(&connection).map_err(said)?;
        let version: i64 =
            connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(said)?;
        if version != 0 && version != VERSION {
            return Err(format!(
                "{place} has layout {version} and this version knows {VERSION}: use the holdfast binary that \
                 wrote it, or name another file with --database and let it be filled again"
            ));
        }
        let mut store = Self { connection, places: Places::default() };
        if version == 0 {
            store.create().map_err(said)?;
        }
        store.belongs_to(genesis, &place.to_string())?;
        Ok(store)
    }

    fn create(&mut self) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        transaction.execute_batch(include_str!("schema.sql"))?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()
    }

    fn belongs_to(&self, genesis: &str, place: &str) -> Result<(), String> {
        let said = |error: rusqlite::Error| format!("{place}: {error}");
        match self.meta("genesis").map_err(said)? {
            Some(known) if known != genesis => Err(format!(
                "{place} is the history of the cluster with genesis hash {known} and the endpoints are on \
                 {genesis}: name another file with --database, or change rpc"
            )),
            Some(_) => Ok(()),
            None => self.set_meta("genesis", genesis).map_err(said),
        }
    }

    /// Something that is remembered.
    ///
    /// # Errors
    /// When the database fails.
    pub fn meta(&self, key: &str) -> rusqlite::Result<Option<String>> {
        let found = "SELECT value FROM meta WHERE key = ?1";
        self.connection.query_row(found, [key], |row| row.get(0)).optional()
    }

    /// Remembers something.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_meta(&self, key: &str, value: &str) -> rusqlite::Result<()> {
        let set = "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2";
        self.connection.execute(set, params![key, value]).map(drop)
    }

    /// How much there is.
    ///
    /// # Errors
    /// When the database fails.
    pub fn counts(&self) -> rusqlite::Result<Counts> {
        let sql = "SELECT transactions, events, not_final, truncated,
                   coalesce((SELECT min(slot) FROM tx), 0), coalesce((SELECT max(slot) FROM tx), 0) FROM counter";
        self.connection.prepare_cached(sql)?.query_row([], |row| {
            Ok(Counts {
                transactions: row.get(0)?,
                events: row.get(1)?,
                not_final: row.get(2)?,
                truncated: row.get(3)?,
                first_slot: row.get(4)?,
                last_slot: row.get(5)?,
            })
        })
    }

    /// Whether the history reaches back to the beginning of the exchange.
    ///
    /// # Errors
    /// When the database fails.
    pub fn is_whole(&self) -> rusqlite::Result<bool> {
        let created = "SELECT EXISTS (SELECT 1 FROM event WHERE kind = 'ExchangeCreated')";
        let created: bool = self.connection.query_row(created, [], |row| row.get(0))?;
        let spans = self.spans()?;
        Ok(created && matches!(spans.as_slice(), [span] if span.begins))
    }
}

/// Durable and readable by others while it is written. With this journal an operating system that stops may
/// take the last pages read with it, never a part of one: they are read again.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.busy_timeout(std::time::Duration::from_secs(10))
}

/// When the hour of a moment begins, milliseconds.
pub fn hour_of(ms: u64) -> u64 {
    ms / HOUR_MS * HOUR_MS
}

/// An unsigned number as the database keeps it. What does not fit is as large as can be: no amount of a
/// token comes near it, and the event's bytes have it exactly.
fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
