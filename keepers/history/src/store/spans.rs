//! What of the list of transactions is known.

use rusqlite::{Connection, params};

use super::{Store, int};

/// A part of the list of transactions that is known without a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Its number.
    pub id: i64,
    /// Signature of its newest transaction.
    pub top: String,
    /// That one's slot.
    pub top_slot: u64,
    /// Signature of its oldest transaction.
    pub bottom: String,
    /// That one's slot.
    pub bottom_slot: u64,
    /// Whether no endpoint lists anything older.
    pub begins: bool,
    /// The slot up to which blocks were listed when they were final: nothing is left out there.
    pub settled: u64,
}

impl Store {
    /// All of them, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn spans(&self) -> rusqlite::Result<Vec<Span>> {
        all(&self.connection)
    }

    /// Asks for what is older than everything known once more: another endpoint may list it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn look_further_back(&self) -> rusqlite::Result<()> {
        self.connection.execute("UPDATE span SET begins = 0", []).map(drop)
    }

    /// Has everything listed once more; what is known is not fetched again.
    ///
    /// # Errors
    /// When the database fails.
    pub fn list_again(&self) -> rusqlite::Result<()> {
        self.connection.execute("DELETE FROM span", []).map(drop)
    }
}

pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<Span>> {
    let sql = "SELECT id, top, top_slot, bottom, bottom_slot, begins, settled FROM span
               ORDER BY top_slot DESC, bottom_slot DESC, id DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let spans = statement.query_map([], |row| {
        Ok(Span {
            id: row.get(0)?,
            top: row.get(1)?,
            top_slot: row.get(2)?,
            bottom: row.get(3)?,
            bottom_slot: row.get(4)?,
            begins: row.get(5)?,
            settled: row.get(6)?,
        })
    })?;
    spans.collect()
}

pub(super) fn add(connection: &Connection, span: &Span) -> rusqlite::Result<()> {
    let Span { top, top_slot, bottom, bottom_slot, begins, settled, .. } = span;
    let sql = "INSERT INTO span (top, top_slot, bottom, bottom_slot, begins, settled)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values = params![top, int(*top_slot), bottom, int(*bottom_slot), begins, int(*settled)];
    connection.execute(sql, values).map(drop)
}

pub(super) fn change(connection: &Connection, span: &Span) -> rusqlite::Result<()> {
    let Span { id, top, top_slot, bottom, bottom_slot, begins, settled } = span;
    let sql = "UPDATE span SET top = ?2, top_slot = ?3, bottom = ?4, bottom_slot = ?5, begins = ?6,
               settled = ?7 WHERE id = ?1";
    let values = params![id, top, int(*top_slot), bottom, int(*bottom_slot), begins, int(*settled)];
    connection.execute(sql, values).map(drop)
}

pub(super) fn remove(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM span WHERE id = ?1", [id]).map(drop)
}
