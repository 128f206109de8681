//! Transactions that are made up for tests: one trader in the first market of the first silo.

use anchor_lang::Event as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use holdfast_client::holdfast::events::{MarketRefreshed, OrderExecuted, PositionLiquidated};
use holdfast_client::{Pubkey, address, holdfast};
use holdfast_rpc::{Listed, Past};

use super::Entry;

/// The trader's margin account.
pub const ACCOUNT: Pubkey = Pubkey::new_from_array([7; 32]);

/// The transaction of this slot, which is a minute long, in which these things happened, one after the other.
pub fn entry(number: u64, events: &[Vec<u8>]) -> Entry {
    let data = events.iter().map(|bytes| BASE64_STANDARD.encode(bytes));
    let mut logs = vec![format!("Program {} invoke [1]", holdfast::ID)];
    logs.extend(data.map(|data| format!("Program data: {data}")));
    let signature = format!("tx{number}");
    let listed = Listed {
        signature,
        slot: number,
        time_s: Some(60 * number as i64),
        failed: false,
        finalized: true,
    };
    Entry { listed, past: Some(Past { logs, accounts: vec![address::silo(0)] }) }
}

/// The market's indexes are these from now on, millionths of a native unit per whole base unit.
pub fn refreshed(carry_long: i64, carry_short: i64) -> Vec<u8> {
    MarketRefreshed {
        market: address::market(&address::silo(0), 0),
        low: 1,
        high: 1,
        published_ms: 1,
        feeds: 1,
        outliers: 0,
        believed: true,
        reference: 1,
        funding_rate: 0,
        carry_long,
        carry_short,
    }
    .data()
}

/// The trader traded so much, which left this position.
pub fn traded(delta: i64, position: i64) -> Vec<u8> {
    OrderExecuted {
        account: ACCOUNT,
        number: 1,
        market: 0,
        index_price: 1,
        published_ms: 1,
        price: 1,
        delta,
        position,
        realised: 0,
        carry: 4,
        fee: 0,
        debt: 0,
        bad_debt: 0,
    }
    .data()
}

/// So much of the trader's position was closed, which left this one.
pub fn liquidated(closed: u64, position: i64) -> Vec<u8> {
    PositionLiquidated {
        account: ACCOUNT,
        market: 0,
        price: 1,
        published_ms: 1,
        closed,
        position,
        realised: 0,
        reward: 0,
        to_insurance: 0,
        debt: 0,
        bad_debt: 0,
        insured: 0,
    }
    .data()
}
