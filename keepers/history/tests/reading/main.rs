//! Reading a script of transactions into a database: whatever breaks off, wherever, the database ends up the
//! same.

mod agreeing;
mod broken_off;
mod forks;
mod missing;
mod script;
mod world;

use std::path::Path;

use holdfast_history::{Database, Failure, Reader};
use rusqlite::Connection;
use rusqlite::types::Value;
use script::Script;

/// Transactions that are asked for at once.
pub const PAGE: usize = 7;

/// Reads until nothing is missing.
pub async fn read(path: &Path, script: &Script) -> Result<(), Failure> {
    let database = Database::open(path, "genesis").map_err(Failure::Database)?;
    read_into(&database, script).await
}

/// The same, into an open database.
pub async fn read_into(database: &Database, script: &Script) -> Result<(), Failure> {
    let mut reader = Reader::new(database.clone(), PAGE);
    let last = script.all.last().map(|last| last.listed.slot);
    loop {
        let step = reader.step(script).await?;
        if !step.more && script.is_over() && step.final_to >= last {
            return Ok(());
        }
    }
}

/// Everything in a database that is not only the order in which it was written.
pub fn contents(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).expect("a database");
    let tables = [
        "SELECT * FROM tx ORDER BY signature",
        "SELECT * FROM event ORDER BY signature, idx",
        "SELECT * FROM fill ORDER BY signature, idx",
        "SELECT * FROM price ORDER BY signature, idx",
        "SELECT * FROM candle ORDER BY silo, market, minute_ms",
        "SELECT top, top_slot, bottom, bottom_slot, begins FROM span",
        "SELECT * FROM counter",
    ];
    let mut all = Vec::new();
    for sql in tables {
        let mut statement = connection.prepare(sql).expect("a table");
        let columns = statement.column_count();
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let values: Vec<Value> =
                (0..columns).map(|column| row.get(column).expect("a value")).collect();
            all.push(format!("{sql}: {values:?}"));
        }
    }
    all
}

/// What a count in a database is.
pub fn count(path: &Path, sql: &str) -> i64 {
    let connection = Connection::open(path).expect("a database");
    connection.query_row(sql, [], |row| row.get(0)).expect("a number")
}
