//! What sums of events start from, and comparing them.

use rusqlite::params;

use super::Store;
use crate::reconcile::{KINDS, Reconciliation, Sums, compare};

const SLOT: &str = "base_slot";

impl Store {
    /// The slot whose accounts sums start from, once there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn base_slot(&self) -> rusqlite::Result<Option<u64>> {
        Ok(self.meta(SLOT)?.and_then(|slot| slot.parse().ok()))
    }

    /// Remembers what the accounts hold, unless something is remembered already.
    ///
    /// # Errors
    /// When the database fails.
    pub fn begin_sums(&mut self, slot: u64, held: &Sums) -> rusqlite::Result<()> {
        if self.base_slot()?.is_some() {
            return Ok(());
        }
        let transaction = self.connection.transaction()?;
        transaction.execute("INSERT INTO meta VALUES (?1, ?2)", params![SLOT, slot.to_string()])?;
        for (line, value) in held.iter() {
            transaction
                .execute("INSERT INTO base VALUES (?1, ?2)", params![line, value.to_string()])?;
        }
        transaction.commit()
    }

    /// Compares what the accounts held at `slot` with what the events come to. `None` while events in between
    /// are missing.
    ///
    /// # Errors
    /// When the database fails.
    pub fn reconcile(&self, slot: u64, held: &Sums) -> rusqlite::Result<Option<Reconciliation>> {
        let spans = self.spans()?;
        let (since, mut sums) = if self.is_whole()? {
            (None, Sums::default())
        } else {
            let Some(base) = self.base_slot()? else { return Ok(None) };
            let reaches = spans.first().is_none_or(|span| span.begins || span.bottom_slot <= base);
            if spans.len() > 1 || !reaches {
                return Ok(None);
            }
            (Some(base), self.base()?)
        };
        self.bytes_of(&KINDS, since, slot, |bytes| sums.apply(bytes))?;
        Ok(Some(compare(slot, since, held, &sums)))
    }

    fn base(&self) -> rusqlite::Result<Sums> {
        let mut sums = Sums::default();
        let mut lines = self.connection.prepare_cached("SELECT line, value FROM base")?;
        let mut rows = lines.query([])?;
        while let Some(row) = rows.next()? {
            let (line, value): (String, String) = (row.get(0)?, row.get(1)?);
            sums.add(&line, value.parse().unwrap_or_default());
        }
        Ok(sums)
    }
}
