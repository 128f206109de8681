use std::path::PathBuf;

use super::{Bar, built_in, read, ticks};

/// A file with this content, in a folder of this test process.
fn file(name: &str, content: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("holdfast-path-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

const HEADER: &str = "unix_ts,open,high,low,close,volume\n";

#[test]
fn a_good_file_is_read_to_the_millionth() {
    let content =
        format!("{HEADER}1000000060,1.5,2,1,1.75,9\n1000000120,1.75,1.75,1.000001,1.1,3\n");
    let bars = read(&file("good.csv", &content)).unwrap();
    let first = Bar {
        opened_ms: 1_000_000_060_000,
        lasted_ms: 60_000,
        open: 1_500_000,
        high: 2_000_000,
        low: 1_000_000,
        close: 1_750_000,
    };
    assert_eq!(bars[0], first);
    assert_eq!((bars[1].low, bars[1].lasted_ms), (1_000_001, 60_000));
}

#[test]
fn each_kind_of_bad_file_is_named() {
    let row = |row: &str| format!("{HEADER}1000000060,1,1,1,1,0\n{row}\n");
    let cases = [
        ("empty", String::new(), "at least two bars"),
        ("header", HEADER.to_owned(), "at least two bars"),
        ("one", format!("{HEADER}1000000060,1,1,1,1,0\n"), "at least two bars"),
        ("columns", "time,price\n1,2\n".to_owned(), "missing field"),
        ("text", row("1000000120,x,1,1,1,0"), "invalid float"),
        ("short", row("1000000120,1,1"), "found record with 3 fields"),
        ("nan", row("1000000120,NaN,1,1,1,0"), "line 3: a price is not between"),
        ("infinite", row("1000000120,inf,inf,1,1,0"), "line 3: a price is not between"),
        ("negative", row("1000000120,-1,1,-1,1,0"), "line 3: a price is not between"),
        ("zero", row("1000000120,0,1,0,1,0"), "line 3: a price is not between"),
        ("outside", row("1000000120,3,2,1,1,0"), "line 3: a price lies outside"),
        ("same time", row("1000000064,1,1,1,1,0"), "line 3: it begins less than five seconds"),
        ("earlier", row("1000000030,1,1,1,1,0"), "line 3: it begins less than five seconds"),
        ("far", row("99999999999999999999,1,1,1,1,0"), "number too large"),
        ("late", row("18446744073709551615,1,1,1,1,0"), "line 3: the time is not in seconds"),
        ("millis", row("1700000000000,1,1,1,1,0"), "line 3: the time is not in seconds"),
    ];
    for (name, content, expected) in cases {
        let error = read(&file(name, &content)).unwrap_err();
        assert!(error.contains(expected), "{name}: {error}");
    }
    assert!(read(&PathBuf::from("/nowhere.csv")).unwrap_err().contains("/nowhere.csv"));
}

#[test]
fn ticks_reach_every_extreme_and_never_leave_the_bar() {
    let bars = built_in();
    let ticks = ticks(&bars, 5_000);
    assert!(ticks.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms));
    for bar in bars {
        let inside = |at| (bar.opened_ms..bar.opened_ms + bar.lasted_ms).contains(&at);
        let prices: Vec<u64> =
            ticks.iter().filter(|tick| inside(tick.at_ms)).map(|tick| tick.price).collect();
        assert_eq!(prices.iter().min(), Some(&bar.low));
        assert_eq!(prices.iter().max(), Some(&bar.high));
        assert_eq!(prices[0], bar.open);
        assert_eq!(prices.len(), 180);
    }
}
