use tempfile::TempDir;

use super::super::made_up::{ACCOUNT, entry, liquidated, refreshed, traded};
use super::super::{Entry, Query};
use super::*;

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
