//! What sums of events start from, and comparing them.

use rusqlite::params;

use super::{Store, int};
use crate::reconcile::{Comparison, KINDS, Sums, compare};

const SLOT: &str = "base_slot";
/// Transactions with a cut log that are named, at most.
const MOST_TRUNCATED: u32 = 10;

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

    /// Compares what the accounts held at `slot` with what the events up to then come to. `final_to` is the
    /// slot up to which events are all there to stay, if there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn reconcile(
        &self,
        slot: u64,
        held: &Sums,
        final_to: Option<u64>,
    ) -> rusqlite::Result<Comparison> {
        let not_yet = |reason: String| Ok(Comparison::NotYet(reason));
        let Some(final_to) = final_to else {
            return not_yet("a gap between transactions that are known is not filled".to_owned());
        };
        if final_to < slot {
            return not_yet(format!(
                "the accounts are those of slot {slot}, and events are final and complete up to slot {final_to}"
            ));
        }
        let (since, mut sums) = if self.is_whole()? {
            (None, Sums::default())
        } else {
            let Some(base) = self.base_slot()?.filter(|base| *base <= slot) else {
                return not_yet(format!(
                    "no accounts of slot {slot} or before are there to count from"
                ));
            };
            if !self.reaches(base)? {
                return not_yet(format!("transactions down to slot {base} are not all read"));
            }
            (Some(base), self.base()?)
        };
        self.bytes_of(&KINDS, since, slot, |bytes| sums.apply(bytes))?;
        let mut compared = compare(slot, since, held, &sums);
        if !compared.off.is_empty() {
            compared.truncated = self.truncated(since, slot)?;
        }
        Ok(Comparison::Done(compared))
    }

    /// Whether everything after a slot is known.
    fn reaches(&self, slot: u64) -> rusqlite::Result<bool> {
        let spans = self.spans()?;
        let reaches = spans.first().is_none_or(|span| span.begins || span.bottom_slot <= slot);
        Ok(spans.len() < 2 && reaches)
    }

    /// The oldest transactions after one slot, up to another, whose log was cut.
    fn truncated(&self, after: Option<u64>, to: u64) -> rusqlite::Result<Vec<String>> {
        let cut = "SELECT signature FROM tx WHERE truncated = 1 AND slot > ?1 AND slot <= ?2
                   ORDER BY slot, rank LIMIT ?3";
        let mut cut = self.connection.prepare_cached(cut)?;
        let slots = params![after.map_or(-1, int), int(to), MOST_TRUNCATED];
        let cut = cut.query_map(slots, |row| row.get(0))?;
        cut.collect()
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
