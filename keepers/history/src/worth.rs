//! What the pools are worth, as accounts of a final slot show it: requests alone tell it only when somebody
//! joins or leaves.

use std::collections::BTreeMap;

use holdfast_client::Pubkey;
use holdfast_client::decode::decode;
use holdfast_client::holdfast::state::{Market, Silo};
use holdfast_client::stress::Book;
use holdfast_rpc::Snapshot;
use serde::Serialize;
use utoipa::ToSchema;

use crate::pools::MILLIONTHS;

/// What a pool was worth at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Worth {
    /// The slot whose accounts show it; its block is final.
    pub slot: u64,
    /// When the newest price of the silo's markets was published, milliseconds since 1970.
    pub published_ms: u64,
    /// What the pool was worth at the newest prices, native units: its cash, and for liquidity also what accounts
    /// owe and what traders would lose, less what they would gain. Negative when it owed more than it had.
    pub worth: i64,
    /// Shares, those that nobody holds among them.
    pub shares: u64,
    /// Native units for a share, millionths; null where there is no share, or the pool owed more than it had.
    pub share_price: Option<u64>,
}

/// What one pool of one silo was worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolWorth {
    /// The silo's number.
    pub silo: u16,
    /// `liquidity` or `insurance`.
    pub pool: &'static str,
    /// What it was worth.
    pub worth: Worth,
}

impl Worth {
    /// A pool with so many shares.
    pub fn new(slot: u64, published_ms: u64, worth: i64, shares: u64) -> Self {
        let price = (i128::from(worth) * MILLIONTHS).checked_div(i128::from(shares));
        let share_price = price.and_then(|price| u64::try_from(price).ok());
        Self { slot, published_ms, worth, shares, share_price }
    }
}

/// What the pools of all silos are worth whose markets are all there, one of them with a price.
pub fn worths(snapshot: &Snapshot) -> Vec<PoolWorth> {
    let (mut silos, mut markets) = (Vec::new(), BTreeMap::<Pubkey, BTreeMap<u8, Market>>::new());
    for (address, data) in &snapshot.accounts {
        if let Ok(silo) = decode::<Silo>(data) {
            silos.push((*address, silo));
        } else if let Ok(market) = decode::<Market>(data) {
            markets.entry(market.silo).or_default().insert(market.index, market);
        }
    }
    let mut all = Vec::new();
    for (address, silo) in silos {
        let of_silo = markets.remove(&address).unwrap_or_default();
        let of_silo: Vec<_> = of_silo.into_values().collect();
        all.extend(of_pools(snapshot.slot, &silo, &of_silo).into_iter().flatten());
    }
    all
}

fn of_pools(slot: u64, silo: &Silo, markets: &[Market]) -> Option<[PoolWorth; 2]> {
    let published = markets.iter().map(|market| market.newest_price().published.0).max();
    let published_ms = published.filter(|published| *published > 0)?;
    if markets.len() != usize::from(silo.market_count) {
        return None;
    }
    let prices: Vec<_> = markets.iter().map(price).collect();
    let liquidity = Book { silo, markets, accounts: &[] }.liquidity_worth(&prices).ok()?;
    let liquidity = i64::try_from(liquidity).ok()?;
    let insurance = i64::try_from(silo.ledger.insurance).ok()?;
    let one = |pool, worth, shares| {
        let worth = Worth::new(slot, published_ms, worth, shares);
        PoolWorth { silo: silo.number, pool, worth }
    };
    Some([
        one("liquidity", liquidity, silo.liquidity_shares),
        one("insurance", insurance, silo.insurance_shares),
    ])
}

/// What a market's positions count for, millionths.
fn price(market: &Market) -> u64 {
    if market.is_settled() { market.settlement_price } else { market.newest_price().middle().0 }
}

#[cfg(test)]
#[path = "worth_tests.rs"]
mod tests;
