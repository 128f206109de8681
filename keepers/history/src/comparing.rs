//! When events and accounts are compared, and what is believed of it.
//!
//! Accounts are read at a slot whose block is final, so no fork takes back what they show. They are compared
//! once the events up to that very slot are final and complete too; until then nothing is said. What happened
//! after the slot does not count on either side. A difference is believed when it is still there after
//! everything was listed once more: an endpoint may have left something out.
//!
//! The same accounts say what the pools are worth, which is remembered.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::database::Database;
use crate::reader::{Failure, Step};
use crate::reconcile::{Comparison, Reconciliation, Sums};
use crate::source::Source;
use crate::worth::worths;

/// How often accounts are read to be compared.
const EVERY: Duration = Duration::from_secs(600);

/// Compares sums of events with accounts, from time to time.
pub struct Comparing {
    database: Database,
    /// When accounts are read next.
    due: Instant,
    /// Accounts that were read and are not compared yet: their slot, and what they held.
    held: Option<(u64, Arc<Sums>)>,
    /// Sums that differed the last time.
    doubted: BTreeSet<String>,
    /// Whether everything is being listed again because of them.
    lists_again: bool,
}

/// What came of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was to be compared.
    Nothing,
    /// Comparing waits, for this reason.
    Waits(String),
    /// These sums differ that did not before. They are not believed to until everything is listed once more.
    Doubts(Vec<String>),
    /// It was compared, and this is how it is.
    Told(Reconciliation),
}

impl Comparing {
    /// Reads accounts for the first time at `now`.
    pub fn new(database: Database, now: Instant) -> Self {
        Self { database, due: now, held: None, doubted: BTreeSet::new(), lists_again: false }
    }

    /// Remembers what the accounts hold, unless something is remembered already. Sums of events start from
    /// that while the history does not reach back to the beginning.
    ///
    /// # Errors
    /// When the endpoint does not answer, or the database fails.
    pub async fn begin(&self, source: &impl Source) -> Result<(), Failure> {
        let begun = self.database.with(|store| store.base_slot()).await;
        if begun.map_err(Failure::Database)?.is_some() {
            return Ok(());
        }
        let snapshot = source.everything().await.map_err(Failure::Source)?;
        let (slot, held) = (snapshot.slot, Sums::held(&snapshot));
        let begin = self.database.with(move |store| store.begin_sums(slot, &held)).await;
        begin.map_err(Failure::Database)
    }

    /// Reads accounts, if it is time to, and compares those that wait, if that can be done after this step.
    ///
    /// # Errors
    /// When the endpoint does not answer, or the database fails.
    pub async fn turn(
        &mut self,
        source: &impl Source,
        step: &Step,
        now: Instant,
    ) -> Result<Outcome, Failure> {
        if !step.more && now >= self.due {
            let snapshot = source.everything().await.map_err(Failure::Source)?;
            let worths = worths(&snapshot);
            let written = self.database.with(move |store| store.write_worths(&worths)).await;
            written.map_err(Failure::Database)?;
            self.held = Some((snapshot.slot, Arc::new(Sums::held(&snapshot))));
            self.due = now + EVERY;
            self.lists_again = false;
        }
        let Some((slot, held)) = self.held.clone() else {
            let why = "sums differed, and everything is listed again before that is believed";
            let waits = Outcome::Waits(why.to_owned());
            return Ok(if self.lists_again { waits } else { Outcome::Nothing });
        };
        let final_to = step.final_to;
        let compared =
            self.database.with(move |store| store.reconcile(slot, &held, final_to)).await;
        match compared.map_err(Failure::Database)? {
            Comparison::NotYet(reason) => Ok(Outcome::Waits(reason)),
            Comparison::Done(compared) => {
                self.held = None;
                self.judge(compared, now).await
            }
        }
    }

    /// Believes those differences that were there the last time, and has everything listed again for others.
    async fn judge(
        &mut self,
        mut compared: Reconciliation,
        now: Instant,
    ) -> Result<Outcome, Failure> {
        let off: BTreeSet<_> = compared.off.iter().map(|off| off.sum.clone()).collect();
        let before = core::mem::replace(&mut self.doubted, off.clone());
        let new: Vec<_> = off.difference(&before).cloned().collect();
        if !new.is_empty() {
            let again = self.database.with(|store| store.list_again()).await;
            again.map_err(Failure::Database)?;
        }
        compared.off.retain(|off| before.contains(&off.sum));
        if compared.off.is_empty() && !new.is_empty() {
            (self.due, self.lists_again) = (now, true);
            return Ok(Outcome::Doubts(new));
        }
        Ok(Outcome::Told(compared))
    }
}
