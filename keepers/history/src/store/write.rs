//! Writing what endpoints list.

use std::collections::BTreeSet;

use holdfast_client::events::{Own, own};
use holdfast_client::holdfast;
use holdfast_rpc::{Listed, Past};
use rusqlite::{OptionalExtension, Transaction, params};

use super::read::At;
use super::{Happened, Span, Store, int, spans};
use crate::rows::{Detail, Fill, Places, Price, Row};

/// A minute, milliseconds.
const MINUTE_MS: u64 = 60_000;
/// Slots that are listed again at once: what was missing between spans may be long.
const SETTLED_AT_ONCE: u64 = 1_000;
/// Tables whose rows have a place in the order of things.
const ORDERED: [&str; 4] = ["tx", "event", "fill", "price"];

/// A transaction with what it left behind, where that is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// As it is listed.
    pub listed: Listed,
    /// What it left behind; not of a failed one, nor of one that is known.
    pub past: Option<Past>,
}

/// Slots whose blocks are final by now and were not, or not all of them, when they were listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The first slot.
    pub from: u64,
    /// The last slot. Below the first one there is none.
    pub to: u64,
    /// A transaction right above, which is final.
    pub before: Option<String>,
    /// The transaction right below, which is final.
    pub until: Option<String>,
    /// The transactions up to the last slot that wait to be final.
    pub waiting: Vec<String>,
}

impl Store {
    /// Those of the list that have to be fetched: they worked, and are not known in this slot.
    ///
    /// # Errors
    /// When the database fails.
    pub fn to_fetch(&self, listed: &[Listed]) -> rusqlite::Result<Vec<String>> {
        let known = "SELECT EXISTS (SELECT 1 FROM tx WHERE signature = ?1 AND slot = ?2)";
        let mut known = self.connection.prepare_cached(known)?;
        let mut missing = Vec::new();
        for listed in listed.iter().filter(|listed| !listed.failed) {
            let is_known: bool =
                known.query_row(params![listed.signature, int(listed.slot)], |row| row.get(0))?;
            if !is_known {
                missing.push(listed.signature.clone());
            }
        }
        Ok(missing)
    }

    /// Writes the newest transactions, the newest first, down to the newest one known; with `more` that one
    /// was not reached.
    ///
    /// # Errors
    /// When the database fails; nothing is written then.
    pub fn write_newest(
        &mut self,
        entries: &[Entry],
        more: bool,
    ) -> rusqlite::Result<Vec<Happened>> {
        let ends = ends(entries);
        self.atomically(|writer| {
            let floor = spans::all(&writer.transaction)?.into_iter().next();
            if let Some(floor) = &floor {
                writer.make_room(entries, floor.top_slot)?;
            }
            writer.put_all(entries, None)?;
            let Some((newest, oldest)) = ends else { return Ok(()) };
            match floor {
                Some(floor) if !more => {
                    let (top, top_slot) = (newest.signature, newest.slot);
                    spans::change(&writer.transaction, &Span { top, top_slot, ..floor })
                }
                floor => {
                    let begins = floor.is_none() && !more;
                    let span = Span {
                        id: 0,
                        top: newest.signature,
                        top_slot: newest.slot,
                        bottom: oldest.signature,
                        bottom_slot: oldest.slot,
                        begins,
                        settled: if begins { 0 } else { oldest.slot.saturating_sub(1) },
                    };
                    spans::add(&writer.transaction, &span)
                }
            }
        })
    }

    /// Writes transactions below the newest span, the newest first, as an endpoint lists them whose final slot
    /// is this. Without `more` they reach the span below it, or, where there is none, the beginning of what is
    /// listed.
    ///
    /// # Errors
    /// When the database fails; nothing is written then.
    pub fn write_below(
        &mut self,
        entries: &[Entry],
        more: bool,
        finalized: u64,
    ) -> rusqlite::Result<Vec<Happened>> {
        let oldest = ends(entries).map(|(_, oldest)| oldest);
        self.atomically(|writer| {
            let mut all = spans::all(&writer.transaction)?.into_iter();
            let (Some(mut span), below) = (all.next(), all.next()) else { return Ok(()) };
            if let Some(below) = &below {
                writer.make_room(entries, below.top_slot)?;
            }
            let above = writer.place_of(&span.bottom)?;
            writer.put_all(entries, above)?;
            // Where not all of it is final yet, something may be left out of it.
            let is_final = span.bottom_slot <= finalized;
            if let Some(oldest) = oldest {
                (span.bottom, span.bottom_slot) = (oldest.signature, oldest.slot);
            }
            if !is_final {
                span.settled = span.settled.min(span.bottom_slot.saturating_sub(1));
            }
            match below {
                Some(below) if !more => {
                    spans::remove(&writer.transaction, below.id)?;
                    (span.bottom, span.bottom_slot) = (below.bottom, below.bottom_slot);
                    span.settled = span.settled.min(below.settled);
                    span.begins = below.begins;
                }
                None if !more => {
                    span.begins = true;
                    span.settled = if is_final { span.settled } else { 0 };
                }
                _ => {}
            }
            spans::change(&writer.transaction, &span)
        })
    }

    /// What of the newest span has to be listed again now that blocks up to this slot are final. `None` when
    /// nothing is above what was, and nothing waits.
    ///
    /// # Errors
    /// When the database fails.
    pub fn window(&self, finalized: u64) -> rusqlite::Result<Option<Window>> {
        let spans = self.spans()?;
        let Some(span) = spans.first() else { return Ok(None) };
        let (lowest, from) =
            (if spans.len() > 1 { span.bottom_slot } else { 0 }, span.settled.saturating_add(1));
        let one = |sql: &str, slots: [u64; 2]| {
            let place = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?));
            self.connection.query_row(sql, slots.map(int), place).optional()
        };
        let before =
            "SELECT signature, slot FROM tx WHERE finalized = 1 AND slot >= ?1 AND slot <= ?2
                      ORDER BY slot, rank LIMIT 1";
        let until =
            "SELECT signature, slot FROM tx WHERE finalized = 1 AND slot >= ?1 AND slot < ?2
                     ORDER BY slot DESC, rank DESC LIMIT 1";
        let before: Option<(String, u64)> =
            one(before, [from.saturating_add(SETTLED_AT_ONCE), finalized])?;
        let until: Option<(String, u64)> = one(until, [lowest, from])?;
        let to = before.as_ref().map_or(finalized, |(_, slot)| slot.saturating_sub(1));
        let waiting = "SELECT signature FROM tx WHERE finalized = 0 AND slot >= ?1 AND slot <= ?2
                       ORDER BY slot, rank";
        let mut waiting = self.connection.prepare_cached(waiting)?;
        let waiting = waiting.query_map([lowest, to].map(int), |row| row.get(0))?;
        let waiting: Vec<String> = waiting.collect::<rusqlite::Result<_>>()?;
        if waiting.is_empty() && (from > to || from > span.top_slot) {
            return Ok(None);
        }
        let (before, until) = (before.map(|(before, _)| before), until.map(|(until, _)| until));
        Ok(Some(Window { from, to, before, until, waiting }))
    }

    /// The slot up to which everything is there to stay, as an endpoint knows whose final slot is this: final
    /// blocks up to it were listed, and nothing waits there. `None` while something is missing between spans.
    ///
    /// # Errors
    /// When the database fails.
    pub fn final_to(&self, finalized: u64) -> rusqlite::Result<Option<u64>> {
        let spans = self.spans()?;
        if spans.len() > 1 {
            return Ok(None);
        }
        // Above its newest transaction there is nothing to be listed.
        let settled = spans.first().filter(|span| span.top_slot > span.settled);
        let settled = settled.map_or(finalized, |span| span.settled.min(finalized));
        let first = "SELECT min(slot) FROM tx WHERE finalized = 0 AND slot <= ?1";
        let mut first = self.connection.prepare_cached(first)?;
        let first: Option<u64> = first.query_row([int(settled)], |row| row.get(0))?;
        Ok(first.map_or(Some(settled), |slot| slot.checked_sub(1)))
    }

    /// Writes what the final blocks of a window hold, the newest first, and takes back what they do not.
    ///
    /// # Errors
    /// When the database fails; nothing is written then.
    pub fn write_final(
        &mut self,
        window: &Window,
        entries: &[Entry],
        gone: &[String],
    ) -> rusqlite::Result<Vec<Happened>> {
        self.atomically(|writer| {
            writer.put_all(entries, None)?;
            gone.iter().try_for_each(|signature| writer.remove(signature))?;
            writer.fit_span(window.to)
        })
    }

    fn atomically(
        &mut self,
        write: impl FnOnce(&mut Writer) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<Vec<Happened>> {
        let transaction = self.connection.transaction()?;
        let (minutes, happened) = (BTreeSet::new(), Vec::new());
        let mut writer = Writer { transaction, places: &mut self.places, minutes, happened };
        write(&mut writer)?;
        writer.draw_candles()?;
        let Writer { transaction, happened, .. } = writer;
        transaction.commit()?;
        Ok(happened)
    }
}

/// The newest and the oldest of a list.
fn ends(entries: &[Entry]) -> Option<(Listed, Listed)> {
    Some((entries.first()?.listed.clone(), entries.last()?.listed.clone()))
}

/// The rank of each of a list, the newest first, right below the one at `above`, a slot and a rank.
fn ranks(entries: &[Entry], above: Option<(u64, i64)>) -> Vec<i64> {
    let mut last = above;
    let next = entries.iter().map(|entry| {
        let slot = entry.listed.slot;
        let rank = last.filter(|(above, _)| *above == slot).map_or(0, |(_, rank)| rank - 1);
        last = Some((slot, rank));
        rank
    });
    next.collect()
}

/// One transaction of the database.
struct Writer<'a> {
    transaction: Transaction<'a>,
    places: &'a mut Places,
    /// Minutes of markets whose prices have changed.
    minutes: BTreeSet<(u16, u8, u64)>,
    /// Events that were not there before.
    happened: Vec<Happened>,
}

impl Writer<'_> {
    fn run(&self, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<()> {
        self.transaction.prepare_cached(sql)?.execute(values).map(drop)
    }

    fn put_all(&mut self, entries: &[Entry], above: Option<(u64, i64)>) -> rusqlite::Result<()> {
        for (entry, rank) in entries.iter().zip(ranks(entries, above)).rev() {
            self.put(entry, rank)?;
        }
        Ok(())
    }

    /// Moves what is known of a slot down by as many as newly come on top of it.
    fn make_room(&self, entries: &[Entry], slot: u64) -> rusqlite::Result<()> {
        let mut count = 0_i64;
        for entry in entries.iter().filter(|entry| entry.listed.slot == slot) {
            count += i64::from(self.place_of(&entry.listed.signature)?.is_none());
        }
        if count == 0 {
            return Ok(());
        }
        let known: Vec<(String, i64)> = {
            let mut known = self
                .transaction
                .prepare_cached("SELECT signature, rank FROM tx WHERE slot = ?1")?;
            let known = known.query_map([int(slot)], |row| Ok((row.get(0)?, row.get(1)?)))?;
            known.collect::<rusqlite::Result<_>>()?
        };
        known.iter().try_for_each(|(signature, rank)| self.move_to(signature, rank - count))
    }

    /// Slot and rank of a transaction that is known.
    fn place_of(&self, signature: &str) -> rusqlite::Result<Option<(u64, i64)>> {
        let sql = "SELECT slot, rank FROM tx WHERE signature = ?1";
        let place = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?));
        self.transaction.prepare_cached(sql)?.query_row([signature], place).optional()
    }

    /// Whether a transaction is known to be final.
    fn is_final(&self, signature: &str) -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM tx WHERE signature = ?1 AND finalized = 1)";
        self.transaction.prepare_cached(sql)?.query_row([signature], |row| row.get(0))
    }

    /// Writes a transaction. One that is known in this slot gets this rank, and is final if this one is.
    fn put(&mut self, entry: &Entry, rank: i64) -> rusqlite::Result<()> {
        let listed = &entry.listed;
        if !listed.finalized && self.is_final(&listed.signature)? {
            // An endpoint that is behind knows less.
            return Ok(());
        }
        match self.place_of(&listed.signature)? {
            Some((slot, _)) if slot == listed.slot => {
                let sql =
                    "UPDATE tx SET finalized = 1 WHERE signature = ?1 AND finalized = 0 AND ?2";
                self.run(sql, params![listed.signature, listed.finalized])?;
                return self.move_to(&listed.signature, rank);
            }
            // It landed in another slot of another fork.
            Some(_) => self.remove(&listed.signature)?,
            None => {}
        }
        let (own, accounts) = match &entry.past {
            Some(past) => (own(&past.logs, &holdfast::ID), past.accounts.as_slice()),
            None => (Own::default(), [].as_slice()),
        };
        let silo = self.places.silo(accounts);
        let Listed { signature, slot, time_s, failed, finalized } = listed;
        self.run(
            "INSERT INTO tx VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![signature, int(*slot), rank, time_s, failed, own.truncated, finalized, silo],
        )?;
        let at = At { signature, slot: *slot, rank, time_s: *time_s, silo };
        own.events.iter().enumerate().try_for_each(|(index, bytes)| self.event(&at, index, bytes))
    }

    fn event(&mut self, at: &At, index: usize, bytes: &[u8]) -> rusqlite::Result<()> {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let Row { kind, account, market, detail } = self.places.row(bytes, at.silo);
        let At { signature, slot, rank, time_s, silo } = at;
        self.run(
            "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![signature, index, int(*slot), rank, time_s, silo, kind, account, market, bytes],
        )?;
        match detail {
            Detail::None => {}
            Detail::Fill(fill) => self.fill(at, index, &fill)?,
            Detail::Price(price) => self.price(at, index, &price)?,
        }
        self.happened.push(Happened::of(at, index, kind, account, market, bytes));
        Ok(())
    }

    fn fill(&self, at: &At, index: u32, fill: &Fill) -> rusqlite::Result<()> {
        let At { signature, slot, rank, time_s, silo } = at;
        self.run(
            "INSERT INTO fill VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, \
             ?17, ?18, ?19, ?20, ?21)",
            params![
                signature,
                index,
                int(*slot),
                rank,
                time_s,
                silo,
                fill.kind,
                fill.account,
                fill.market,
                int(fill.price),
                int(fill.size),
                fill.side,
                fill.position,
                fill.realised,
                fill.carry,
                int(fill.fee),
                int(fill.reward),
                int(fill.to_insurance),
                int(fill.debt),
                int(fill.bad_debt),
                int(fill.insured),
            ],
        )
    }

    fn price(&mut self, at: &At, index: u32, price: &Price) -> rusqlite::Result<()> {
        self.minutes.insert((price.silo, price.market, price.published_ms / MINUTE_MS * MINUTE_MS));
        self.run(
            "INSERT INTO price VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                at.signature,
                index,
                int(at.slot),
                at.rank,
                price.silo,
                price.market,
                int(price.published_ms),
                int(price.low),
                int(price.high),
                price.believed,
                int(price.reference),
                price.funding_rate,
                price.carry_long,
                price.carry_short,
            ],
        )
    }

    /// Takes a transaction back: it is on no chain any more.
    fn remove(&mut self, signature: &str) -> rusqlite::Result<()> {
        let sql = "SELECT silo, market, published_ms FROM price WHERE signature = ?1";
        let minutes: Vec<(u16, u8, u64)> = {
            let mut prices = self.transaction.prepare_cached(sql)?;
            let prices =
                prices.query_map([signature], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            prices.collect::<rusqlite::Result<_>>()?
        };
        let begun = |(silo, market, ms): (u16, u8, u64)| (silo, market, ms / MINUTE_MS * MINUTE_MS);
        self.minutes.extend(minutes.into_iter().map(begun));
        ORDERED.iter().try_for_each(|table| {
            self.run(&format!("DELETE FROM {table} WHERE signature = ?1"), [signature])
        })
    }

    /// Gives a transaction another rank in its slot.
    fn move_to(&self, signature: &str, rank: i64) -> rusqlite::Result<()> {
        if self.place_of(signature)?.is_none_or(|(_, known)| known == rank) {
            return Ok(());
        }
        ORDERED.iter().try_for_each(|table| {
            let sql = format!("UPDATE {table} SET rank = ?2 WHERE signature = ?1");
            self.run(&sql, params![signature, rank])
        })
    }

    /// Has the newest span, which is settled up to a slot, begin and end at transactions that are there, or
    /// takes it away where none of its are.
    fn fit_span(&self, settled: u64) -> rusqlite::Result<()> {
        let mut all = spans::all(&self.transaction)?.into_iter();
        let (Some(mut span), below) = (all.next(), all.next()) else { return Ok(()) };
        let below = below.map(|below| self.place_of(&below.top)).transpose()?.flatten();
        let (floor, rank) = below.map_or((-1, 0), |(slot, rank)| (int(slot), rank));
        let end = |order: &str| {
            let sql = format!(
                "SELECT signature, slot FROM tx WHERE slot >= ?1 AND (slot, rank) > (?2, ?3)
                 ORDER BY slot {order}, rank {order} LIMIT 1"
            );
            let place = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?));
            let lowest = params![int(span.bottom_slot), floor, rank];
            self.transaction.query_row(&sql, lowest, place).optional()
        };
        let (Some(top), Some(bottom)) = (end("DESC")?, end("ASC")?) else {
            return spans::remove(&self.transaction, span.id);
        };
        span.settled = span.settled.max(settled);
        // It may have landed again in another slot.
        if self.place_of(&span.top)?.is_none_or(|(slot, _)| slot != span.top_slot) {
            (span.top, span.top_slot) = top;
        }
        if self.place_of(&span.bottom)?.is_none_or(|(slot, _)| slot != span.bottom_slot) {
            (span.bottom, span.bottom_slot) = bottom;
        }
        spans::change(&self.transaction, &span)
    }

    /// Draws the candles of the minutes whose prices have changed.
    fn draw_candles(&self) -> rusqlite::Result<()> {
        let middle = "(low / 2 + high / 2 + (low % 2 + high % 2) / 2)";
        let at = "silo = ?1 AND market = ?2 AND published_ms >= ?3 AND published_ms < ?4 AND believed = 1";
        let edge = |order: &str| {
            format!(
                "(SELECT {middle} FROM price WHERE {at} ORDER BY published_ms {order}, slot {order}, \
                 rank {order}, idx {order} LIMIT 1)"
            )
        };
        let draw = format!(
            "INSERT INTO candle SELECT ?1, ?2, ?3, {}, max({middle}), min({middle}), {}, count(*) \
             FROM price WHERE {at} HAVING count(*) > 0",
            edge("ASC"),
            edge("DESC"),
        );
        for (silo, market, minute) in &self.minutes {
            let erase = "DELETE FROM candle WHERE silo = ?1 AND market = ?2 AND minute_ms = ?3";
            self.run(erase, params![silo, market, int(*minute)])?;
            self.run(
                &draw,
                params![silo, market, int(*minute), int(minute.saturating_add(MINUTE_MS))],
            )?;
        }
        Ok(())
    }
}
