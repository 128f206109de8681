//! What the pools came to: requests that were executed, and what a share gained between them.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::store::Happened;

/// Kinds of events that this is made of.
pub const KINDS: [&str; 2] = ["PoolRequestExecuted", "PoolRequested"];
/// Millionths.
pub const MILLIONTHS: i128 = 1_000_000;
/// A year, seconds.
const YEAR_S: i128 = 365 * 86_400;
/// A yield is not told from less than this, seconds.
const SHORTEST_S: i64 = 86_400;

/// A request to join or leave a pool that was executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PoolRow {
    /// Its place in the order of things.
    pub cursor: String,
    /// The transaction's signature, in base 58.
    pub signature: String,
    /// The slot.
    pub slot: u64,
    /// When its block was made, seconds since 1970; null where no endpoint knew.
    pub time_s: Option<i64>,
    /// `liquidity` or `insurance`.
    pub pool: String,
    /// Whether it left; otherwise it joined.
    pub leaves: bool,
    /// The request's address.
    pub request: String,
    /// Given: native units, or shares where it left.
    pub amount: u64,
    /// Received: shares, or native units where it left.
    pub received: u64,
    /// What the pool was worth then, native units; negative when it owed more than it had.
    pub worth: i64,
    /// Native units for a share, millionths; null where it received nothing.
    pub share_price: Option<u64>,
}

/// What a share gained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PoolYield {
    /// `liquidity` or `insurance`.
    pub pool: String,
    /// The first of the two moments, seconds since 1970.
    pub from_s: i64,
    /// The second.
    pub to_s: i64,
    /// A share's price at the first, millionths of a native unit.
    pub from_price: u64,
    /// And at the second.
    pub to_price: u64,
    /// What it gained, in a year at that pace, without compounding: millionths of the price.
    pub apr_ppm: i64,
}

/// The executed ones among what happened to requests, the newest first. Those whose request is not among it
/// are left out.
pub fn executed(newest_first: &[Happened]) -> Vec<PoolRow> {
    let mut asked = HashMap::new();
    let mut rows = Vec::new();
    for happened in newest_first.iter().rev() {
        let Some(request) = text(happened, "request") else { continue };
        if happened.kind == "PoolRequested" {
            asked.insert(request, happened);
        } else if let Some(row) = asked.get(request).and_then(|asked| row(request, asked, happened))
        {
            rows.push(row);
        }
    }
    rows.reverse();
    rows
}

fn row(request: &str, asked: &Happened, executed: &Happened) -> Option<PoolRow> {
    let leaves = asked.fields.get("leaves")?.as_bool()?;
    let (amount, received) = (number(executed, "amount")?, number(executed, "received")?);
    let (tokens, shares) = if leaves { (received, amount) } else { (amount, received) };
    let price = i128::from(tokens) * MILLIONTHS;
    Some(PoolRow {
        cursor: executed.cursor.clone(),
        signature: executed.signature.clone(),
        slot: executed.slot,
        time_s: executed.time_s,
        pool: text(asked, "pool")?.to_lowercase(),
        leaves,
        request: request.to_owned(),
        amount,
        received,
        worth: executed.fields.get("worth")?.as_i64()?,
        share_price: price.checked_div(shares.into()).and_then(|price| price.try_into().ok()),
    })
}

fn text<'a>(happened: &'a Happened, field: &str) -> Option<&'a str> {
    happened.fields.get(field).and_then(Value::as_str)
}

fn number(happened: &Happened, field: &str) -> Option<u64> {
    happened.fields.get(field).and_then(Value::as_u64)
}

/// What a share gained between the oldest and the newest of these requests, the newest first. Those that join
/// are compared with each other, and those that leave, because a pool's worth is counted against whoever
/// moves; of the two the longer time is taken. `None` without two that are a day apart.
pub fn earned(rows: &[PoolRow]) -> Option<PoolYield> {
    let among = |leaves: bool| {
        let priced = rows.iter().filter(|row| row.leaves == leaves);
        let mut priced = priced.filter_map(|row| Some((row, row.time_s?, row.share_price?)));
        let (newest, to_s, to_price) = priced.next()?;
        let (_, from_s, from_price) = priced.next_back()?;
        pace(&newest.pool, (from_s, from_price), (to_s, to_price))
    };
    let yields = [among(false), among(true)].into_iter().flatten();
    yields.max_by_key(|it| it.to_s - it.from_s)
}

/// What a share of a pool gained from one moment, in seconds since 1970, and its price then to another. `None`
/// where that is less than a day.
pub fn pace(
    pool: &str,
    (from_s, from_price): (i64, u64),
    (to_s, to_price): (i64, u64),
) -> Option<PoolYield> {
    let long = i128::from(to_s.checked_sub(from_s).filter(|long| *long >= SHORTEST_S)?);
    let gained = i128::from(to_price) - i128::from(from_price);
    let apr = gained * MILLIONTHS * YEAR_S
        / i128::from(from_price).checked_mul(long).filter(|it| *it > 0)?;
    let (pool, apr_ppm) = (pool.to_owned(), i64::try_from(apr).ok()?);
    Some(PoolYield { pool, from_s, to_s, from_price, to_price, apr_ppm })
}

#[cfg(test)]
#[path = "pools_tests.rs"]
mod tests;
