//! What a market's positions came to day by day: what traders lost there, liquidity and insurance gained.

use rusqlite::params;
use serde::Serialize;
use utoipa::ToSchema;

use super::{DAY_MS, FillRow, Store};

/// Millionths.
const MILLIONTHS: u128 = 1_000_000;

/// A market's day in UTC. Amounts are native units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Day {
    /// When it begins, milliseconds since 1970.
    pub start_ms: u64,
    /// Trades.
    pub trades: u64,
    /// Liquidations.
    pub liquidations: u64,
    /// By how much both, and settlements, changed sizes, millionths of a base unit.
    pub size: u64,
    /// What that was worth at their prices.
    pub notional: u64,
    /// Traders' profit of what was closed.
    pub realised: i64,
    /// Funding and borrow fee that traders paid, without that of liquidations where it is not known.
    pub carry: i64,
    /// Taker fees.
    pub fees: u64,
    /// Penalties of liquidations: the liquidators' part.
    pub rewards: u64,
    /// Penalties of liquidations: insurance's part.
    pub to_insurance: u64,
    /// What accounts could not pay.
    pub bad_debt: u64,
    /// What insurance paid of that.
    pub insured: u64,
}

impl Day {
    fn add(&mut self, fill: &FillRow) {
        match fill.kind.as_str() {
            "trade" => self.trades += 1,
            "liquidation" => self.liquidations += 1,
            _ => {}
        }
        let notional = u128::from(fill.size) * u128::from(fill.price) / MILLIONTHS;
        let notional = u64::try_from(notional).unwrap_or(u64::MAX);
        for (sum, amount) in [
            (&mut self.size, fill.size),
            (&mut self.notional, notional),
            (&mut self.fees, fill.fee),
            (&mut self.rewards, fill.reward),
            (&mut self.to_insurance, fill.to_insurance),
            (&mut self.bad_debt, fill.bad_debt),
            (&mut self.insured, fill.insured),
        ] {
            *sum = sum.saturating_add(amount);
        }
        self.realised = self.realised.saturating_add(fill.realised);
        self.carry = self.carry.saturating_add(fill.carry.unwrap_or_default());
    }
}

impl Store {
    /// A market's days before a moment that have anything, the newest first. What happened in blocks of which
    /// no endpoint knew the time is on none of them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn days(
        &self,
        (silo, market): (u16, u8),
        before_ms: u64,
        limit: u32,
    ) -> rusqlite::Result<Vec<Day>> {
        let sql = "SELECT * FROM fill WHERE silo = ?1 AND market = ?2 AND time_s < ?3
                   ORDER BY slot DESC, rank DESC, idx DESC";
        let before_s = i64::try_from(before_ms / 1_000).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![silo, market, before_s])?;
        let mut days: Vec<Day> = Vec::new();
        while let Some(row) = rows.next()? {
            let fill = self.completed(FillRow::read(row)?)?;
            let time_s = fill.time_s.and_then(|time| u64::try_from(time).ok()).unwrap_or_default();
            let start_ms = time_s.saturating_mul(1_000) / DAY_MS * DAY_MS;
            if days.last().is_none_or(|day| day.start_ms != start_ms) {
                if days.len() >= limit as usize {
                    break;
                }
                days.push(Day { start_ms, ..Day::default() });
            }
            if let Some(day) = days.last_mut() {
                day.add(&fill);
            }
        }
        Ok(days)
    }
}

#[cfg(test)]
#[path = "days_tests.rs"]
mod tests;
