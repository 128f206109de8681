//! Events as rows of the database.

use std::collections::HashMap;

use holdfast_client::events::read;
use holdfast_client::holdfast::events::{
    MarketRefreshed, OrderExecuted, PositionLiquidated, PositionSettled,
};
use holdfast_client::holdfast::state::MAX_MARKETS;
use holdfast_client::{Pubkey, address};

use crate::described::describe;

/// Silos whose accounts are recognised: numbers below this.
const SILOS: u16 = 64;

/// What an event is about, and what its own table keeps of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name.
    pub kind: &'static str,
    /// The margin account it is about.
    pub account: Option<String>,
    /// Index of the market it is about.
    pub market: Option<u8>,
    /// What its own table keeps.
    pub detail: Detail,
}

/// What an event's own table keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// It has none.
    None,
    /// A position changed.
    Fill(Fill),
    /// A market took a price.
    Price(Price),
}

/// A change of a position. Amounts are native units, prices and sizes millionths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    /// `trade`, `liquidation` or `settlement`.
    pub kind: &'static str,
    /// The account.
    pub account: String,
    /// The market's index.
    pub market: u8,
    /// The price.
    pub price: u64,
    /// How much the size changed by.
    pub size: u64,
    /// 1 for a buy, -1 for a sale, 0 where the event does not say.
    pub side: i8,
    /// The position afterwards.
    pub position: i64,
    /// Profit of what was closed.
    pub realised: i64,
    /// Funding and borrow fee paid.
    pub carry: i64,
    /// Taker fee paid.
    pub fee: u64,
    /// The liquidator's part of the penalty.
    pub reward: u64,
    /// Insurance's part of the penalty.
    pub to_insurance: u64,
    /// What the account owes afterwards.
    pub debt: u64,
    /// What the account could not pay.
    pub bad_debt: u64,
    /// What insurance paid of it.
    pub insured: u64,
}

/// A price that a market took, millionths; what else it says is in the units of the event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// The silo's number.
    pub silo: u16,
    /// The market's index.
    pub market: u8,
    /// Published at, milliseconds.
    pub published_ms: u64,
    /// The lower middle of the readings.
    pub low: u64,
    /// The upper.
    pub high: u64,
    /// Whether it is believed.
    pub believed: bool,
    /// The slow reference price.
    pub reference: u64,
    /// Funding rate, 10⁻¹⁵ per hour.
    pub funding_rate: i64,
    /// The longs' carry index.
    pub carry_long: i64,
    /// The shorts' carry index.
    pub carry_short: i64,
}

/// Which addresses are which silos and markets. Deriving an address takes a while: each is derived once.
#[derive(Default)]
pub struct Places {
    silos: HashMap<Pubkey, u16>,
    markets: HashMap<Pubkey, (u16, u8)>,
}

impl Places {
    /// The one silo among accounts; `None` when there is none or more than one.
    pub fn silo(&mut self, accounts: &[Pubkey]) -> Option<u16> {
        if self.silos.is_empty() {
            self.silos.extend((0..SILOS).map(|number| (address::silo(number), number)));
        }
        let mut named = accounts.iter().filter_map(|account| self.silos.get(account));
        let first = *named.next()?;
        named.all(|other| *other == first).then_some(first)
    }

    /// Silo and index of a market.
    fn market(&mut self, market: &Pubkey, silo: Option<u16>) -> Option<(u16, u8)> {
        if let Some(known) = self.markets.get(market) {
            return Some(*known);
        }
        let silos = silo.map_or(0..SILOS, |number| number..number + 1);
        for number in silos {
            let silo = address::silo(number);
            for index in 0..MAX_MARKETS as u8 {
                if address::market(&silo, index) == *market {
                    self.markets.insert(*market, (number, index));
                    return Some((number, index));
                }
            }
        }
        None
    }

    /// The row of an event of a transaction that names one silo, or none.
    pub fn row(&mut self, bytes: &[u8], silo: Option<u16>) -> Row {
        let described = describe(bytes);
        let place = described.address("market").and_then(|market| self.market(&market, silo));
        let index = described.number("market").and_then(|index| index.try_into().ok());
        let detail = match fill(bytes) {
            Some(fill) => Detail::Fill(fill),
            None => place.and_then(|place| price(bytes, place)).map_or(Detail::None, Detail::Price),
        };
        Row {
            kind: described.kind,
            account: described.address("account").map(|account| account.to_string()),
            market: place.map(|(_, index)| index).or(index),
            detail,
        }
    }
}

fn price(bytes: &[u8], (silo, market): (u16, u8)) -> Option<Price> {
    let event: MarketRefreshed = read(bytes)?;
    Some(Price {
        silo,
        market,
        published_ms: event.published_ms,
        low: event.low,
        high: event.high,
        believed: event.believed,
        reference: event.reference,
        funding_rate: event.funding_rate,
        carry_long: event.carry_long,
        carry_short: event.carry_short,
    })
}

fn fill(bytes: &[u8]) -> Option<Fill> {
    read(bytes)
        .map(traded)
        .or_else(|| read(bytes).map(liquidated))
        .or_else(|| read(bytes).map(settled))
}

fn traded(event: OrderExecuted) -> Fill {
    Fill {
        kind: "trade",
        account: event.account.to_string(),
        market: event.market,
        price: event.price,
        size: event.delta.unsigned_abs(),
        side: sign(event.delta),
        position: event.position,
        realised: event.realised,
        carry: event.carry,
        fee: event.fee,
        debt: event.debt,
        bad_debt: event.bad_debt,
        ..Fill::default()
    }
}

fn liquidated(event: PositionLiquidated) -> Fill {
    Fill {
        kind: "liquidation",
        account: event.account.to_string(),
        market: event.market,
        price: event.price,
        size: event.closed,
        // It closes: what is left is on the side that it was.
        side: -sign(event.position),
        position: event.position,
        realised: event.realised,
        reward: event.reward,
        to_insurance: event.to_insurance,
        debt: event.debt,
        bad_debt: event.bad_debt,
        insured: event.insured,
        ..Fill::default()
    }
}

fn settled(event: PositionSettled) -> Fill {
    Fill {
        kind: "settlement",
        account: event.account.to_string(),
        market: event.market,
        price: event.price,
        size: event.closed.unsigned_abs(),
        side: -sign(event.closed),
        realised: event.realised,
        carry: event.carry,
        debt: event.debt,
        bad_debt: event.bad_debt,
        ..Fill::default()
    }
}

fn sign(value: i64) -> i8 {
    match value.signum() {
        1 => 1,
        -1 => -1,
        _ => 0,
    }
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
