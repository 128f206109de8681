//! What somebody did, as a table for whoever files taxes: one line for each thing, the oldest first, amounts as
//! decimal numbers of tokens.

use serde_json::Value;

use crate::pools::{self, PoolRow, executed};
use crate::store::{Cursor, FillRow, Happened, Query, Store};

/// Decimals of amounts, prices and sizes: the program takes no collateral of others.
pub const SCALE: u8 = 6;

/// Kinds of events that move an account's tokens in or out.
pub const FLOWS: [&str; 3] = ["Deposited", "Withdrawn", "ExitPaid"];

/// What somebody did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deeds {
    lines: Vec<Line>,
}

/// A line of the table. What does not apply to it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    cursor: String,
    time_s: Option<i64>,
    slot: u64,
    kind: String,
    account: String,
    market: String,
    size: String,
    price: String,
    position_after: String,
    realised: String,
    carry: String,
    fee: String,
    penalty: String,
    /// To the venue.
    tokens_in: String,
    /// From the venue.
    tokens_out: String,
    shares_received: String,
    shares_given: String,
    signature: String,
}

impl Deeds {
    /// What was done in these margin accounts, and what became of these requests to pools.
    ///
    /// # Errors
    /// When the database fails.
    pub fn read(store: &Store, accounts: &[String], requests: &[String]) -> rusqlite::Result<Self> {
        let mut deeds = Self::default();
        let all = Query { limit: u32::MAX, ..Query::default() };
        for account in accounts {
            let of = Some(account.clone());
            let flows =
                store.events(&Query { kinds: named(&FLOWS), account: of, ..all.clone() })?;
            deeds.add(&store.fills_of(account)?, &flows, &[]);
        }
        if !requests.is_empty() {
            let happened = store.events(&Query { kinds: named(&pools::KINDS), ..all })?;
            let mut rows = executed(&happened);
            rows.retain(|row| requests.contains(&row.request));
            deeds.add(&[], &[], &rows);
        }
        Ok(deeds)
    }

    /// Adds these, in any order.
    pub fn add(&mut self, fills: &[FillRow], flows: &[Happened], requests: &[PoolRow]) {
        self.lines.extend(fills.iter().map(Line::of_fill));
        self.lines.extend(flows.iter().map(Line::of_flow));
        self.lines.extend(requests.iter().map(Line::of_request));
    }

    /// The table; `written` says a moment in words.
    ///
    /// # Errors
    /// When a moment cannot be written.
    pub fn table<E>(
        mut self,
        mut written: impl FnMut(i64) -> Result<String, E>,
    ) -> Result<String, E> {
        self.lines.sort_by_key(|line| line.cursor.parse::<Cursor>().ok());
        let mut text = csv_line(Line::default().fields(String::new()).map(|(column, _)| column));
        for line in &self.lines {
            let moment = line.time_s.map(&mut written).transpose()?.unwrap_or_default();
            text.push_str(&csv_line(line.fields(moment).map(|(_, value)| value)));
        }
        Ok(text)
    }
}

impl Line {
    fn of_fill(fill: &FillRow) -> Self {
        let size = i128::from(fill.size) * if fill.side < 0 { -1 } else { 1 };
        Self {
            cursor: fill.cursor.clone(),
            time_s: fill.time_s,
            slot: fill.slot,
            kind: fill.kind.clone(),
            account: fill.account.clone(),
            market: fill.market.to_string(),
            size: decimal(size),
            price: decimal(fill.price),
            position_after: decimal(fill.position),
            realised: decimal(fill.realised),
            carry: fill.carry.map_or_else(String::new, decimal),
            fee: decimal(fill.fee),
            penalty: decimal(i128::from(fill.reward) + i128::from(fill.to_insurance)),
            signature: fill.signature.clone(),
            ..Self::default()
        }
    }

    fn of_flow(flow: &Happened) -> Self {
        let amount = flow.fields.get("amount").and_then(Value::as_u64).unwrap_or_default();
        let (kind, comes) = match flow.kind.as_str() {
            "Deposited" => ("deposit", true),
            "Withdrawn" => ("withdrawal", false),
            _ => ("exit", false),
        };
        let (amount, none) = (decimal(amount), String::new());
        let (tokens_in, tokens_out) = if comes { (amount, none) } else { (none, amount) };
        Self {
            cursor: flow.cursor.clone(),
            time_s: flow.time_s,
            slot: flow.slot,
            kind: kind.to_owned(),
            account: flow.account.clone().unwrap_or_default(),
            tokens_in,
            tokens_out,
            signature: flow.signature.clone(),
            ..Self::default()
        }
    }

    fn of_request(row: &PoolRow) -> Self {
        let (given, received) = (decimal(row.amount), decimal(row.received));
        let line = Self {
            cursor: row.cursor.clone(),
            time_s: row.time_s,
            slot: row.slot,
            signature: row.signature.clone(),
            ..Self::default()
        };
        if row.leaves {
            let kind = format!("leave_{}", row.pool);
            return Self { kind, shares_given: given, tokens_out: received, ..line };
        }
        let kind = format!("join_{}", row.pool);
        Self { kind, tokens_in: given, shares_received: received, ..line }
    }

    /// Columns and what is in them.
    fn fields(&self, moment: String) -> [(&'static str, String); 17] {
        let own = String::clone;
        [
            ("time_utc", moment),
            ("slot", self.slot.to_string()),
            ("kind", own(&self.kind)),
            ("account", own(&self.account)),
            ("market", own(&self.market)),
            ("size", own(&self.size)),
            ("price", own(&self.price)),
            ("position_after", own(&self.position_after)),
            ("realised", own(&self.realised)),
            ("funding_and_borrow_paid", own(&self.carry)),
            ("fee_paid", own(&self.fee)),
            ("penalty_paid", own(&self.penalty)),
            ("tokens_in", own(&self.tokens_in)),
            ("tokens_out", own(&self.tokens_out)),
            ("shares_received", own(&self.shares_received)),
            ("shares_given", own(&self.shares_given)),
            ("signature", own(&self.signature)),
        ]
    }
}

fn named(kinds: &[&str]) -> Vec<String> {
    kinds.iter().map(|kind| (*kind).to_owned()).collect()
}

/// An amount of millionths as a decimal number.
fn decimal(value: impl Into<i128>) -> String {
    let value: i128 = value.into();
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = usize::from(SCALE) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(SCALE));
    format!("{sign}{whole}.{fraction}")
}

fn csv_line<T: AsRef<[u8]>>(fields: [T; 17]) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(fields);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
#[path = "taxes_tests.rs"]
mod tests;
