use tempfile::TempDir;

use super::super::made_up::{entry, liquidated, refreshed, traded};
use super::*;

/// Slots of a day.
const DAY: u64 = 24 * 60;

#[test]
fn a_day_has_what_traders_did_on_it_and_days_without_anything_are_left_out() {
    let folder = TempDir::new().expect("a folder");
    let mut store = Store::open(&folder.path().join("history"), "genesis").expect("a database");
    let newest_first = [
        entry(3 * DAY, &[refreshed(7_000_000, 0), liquidated(1_000_000, 1_000_000)]),
        entry(DAY + 5, &[traded(2_000_000, 2_000_000)]),
        entry(DAY - 1, &[traded(-3_000_000, 0)]),
        entry(5, &[refreshed(0, 0), traded(3_000_000, 3_000_000)]),
    ];
    store.write_newest(&newest_first, false).expect("it is written");
    let days = |before, limit| store.days((0, 0), before, limit).expect("they are read");
    let traded = Day { trades: 1, size: 2_000_000, notional: 2, carry: 4, ..Day::default() };
    let expected = [
        // Two whole units have owed seven native units each.
        Day { liquidations: 1, size: 1_000_000, notional: 1, carry: 14, ..Day::default() },
        traded,
        Day { trades: 2, size: 6_000_000, notional: 6, carry: 8, ..Day::default() },
    ];
    let expected = expected.into_iter().zip([3, 1, 0]);
    let expected: Vec<_> =
        expected.map(|(day, number)| Day { start_ms: number * DAY_MS, ..day }).collect();
    assert_eq!(days(u64::MAX, 9), expected);
    assert_eq!(days(u64::MAX, 2), expected[..2]);
    assert_eq!(days(expected[1].start_ms, 2), expected[2..]);
    assert_eq!(store.days((0, 1), u64::MAX, 9).expect("they are read"), []);
}
