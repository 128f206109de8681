use anchor_lang::Event as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use holdfast_client::holdfast::events::{MarketRefreshed, OrderExecuted, PositionLiquidated};
use holdfast_client::{Pubkey, address, holdfast};
use holdfast_rpc::{Listed, Past};
use tempfile::TempDir;

use super::super::{Entry, Query};
use super::*;

const ACCOUNT: Pubkey = Pubkey::new_from_array([7; 32]);

/// A transaction in which these things happened, one after the other.
fn entry(number: u64, events: &[Vec<u8>]) -> Entry {
    let data = events.iter().map(|bytes| BASE64_STANDARD.encode(bytes));
    let mut logs = vec![format!("Program {} invoke [1]", holdfast::ID)];
    logs.extend(data.map(|data| format!("Program data: {data}")));
    let signature = format!("tx{number}");
    let listed =
        Listed { signature, slot: number, time_s: Some(9), failed: false, finalized: true };
    Entry { listed, past: Some(Past { logs, accounts: vec![address::silo(0)] }) }
}

/// The market's indexes are these from now on, millionths of a native unit per whole base unit.
fn refreshed(carry_long: i64, carry_short: i64) -> Vec<u8> {
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

fn traded(delta: i64, position: i64) -> Vec<u8> {
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

fn liquidated(closed: u64, position: i64) -> Vec<u8> {
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

/// What each change of the position settled, the oldest first.
fn carries(newest_first: &[Entry]) -> Vec<Option<i64>> {
    let folder = TempDir::new().expect("a folder");
    let mut store = Store::open(&folder.path().join("history"), "genesis").expect("a database");
    store.write_newest(newest_first, false).expect("it is written");
    let of_account = store.fills_of(&ACCOUNT.to_string()).expect("they are read");
    let mut newest = store.fills(&Query { limit: 9, ..Query::default() }).expect("they are read");
    newest.reverse();
    assert_eq!(of_account, newest);
    of_account.iter().map(|fill| fill.carry).collect()
}

#[test]
fn a_liquidation_settles_what_the_index_has_moved_since_the_change_before() {
    // Two whole units at three native units each, then one at two and a millionth, rounded up.
    let long = [
        entry(5, &[refreshed(5_000_001, 9), liquidated(1_000_000, 0)]),
        entry(4, &[refreshed(3_000_000, 9), liquidated(1_000_000, 1_000_000)]),
        entry(3, &[refreshed(1_000_000, 0)]),
        entry(2, &[traded(2_000_000, 2_000_000)]),
        entry(1, &[refreshed(0, 0)]),
    ];
    assert_eq!(carries(&long), [Some(4), Some(6), Some(3)]);
    // A short receives here, and what is received is rounded down.
    let short = [
        entry(3, &[refreshed(7, -2_500_001), liquidated(1_000_000, 0)]),
        entry(2, &[traded(-1_000_000, -1_000_000)]),
        entry(1, &[refreshed(0, 0)]),
    ];
    assert_eq!(carries(&short), [Some(4), Some(-2)]);
}

#[test]
fn nothing_is_said_where_the_history_begins_later() {
    let unknown = [entry(2, &[refreshed(5, 5), liquidated(1_000_000, 1_000_000)])];
    assert_eq!(carries(&unknown), [None]);
    let unpriced = [entry(2, &[liquidated(1, 1)]), entry(1, &[traded(2, 2)])];
    assert_eq!(carries(&unpriced), [Some(4), None]);
}
