use std::path::PathBuf;

use super::{Bar, Tick, built_in, read, straight, ticks};

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
        ("columns", "time,price\n1,2\n".to_owned(), "line 2: missing field"),
        ("text", row("1000000120,x,1,1,1,0"), "line 3: field 1: invalid float"),
        ("short", row("1000000120,1,1"), "line 3: it has 3 fields where the header has 6"),
        ("nan", row("1000000120,NaN,1,1,1,0"), "line 3: a price is not between"),
        ("infinite", row("1000000120,inf,inf,1,1,0"), "line 3: a price is not between"),
        ("negative", row("1000000120,-1,1,-1,1,0"), "line 3: a price is not between"),
        ("too small", row("1000000120,0.009,1,0.009,1,0"), "line 3: a price is not between"),
        ("too large", row("1000000120,1,1e7,1,1,0"), "line 3: a price is not between"),
        ("rises", row("1000000120,1,1001,1,1,0"), "line 3: the price is more than a thousand"),
        ("long", row("1002678461,1,1,1,1,0"), "line 3: it begins more than 31 days"),
        ("no volume", row("1000000120,1,1,1,1,NaN"), "line 3: the volume is not"),
        ("negative volume", row("1000000120,1,1,1,1,-1"), "line 3: the volume is not"),
        ("crossed", row("1000000120,1,1,2,1,0"), "line 3: a price lies outside"),
        ("below a gap", row("\n\n1000000120,0,1,0,1,0"), "line 5: a price is not between"),
        ("words below a gap", row("\n1000000120,x,1,1,1,0"), "line 4: field 1: invalid float"),
        ("unfinished", format!("{HEADER}1000000060,1,1,1,1,0\n1000000120,0,1,0,1,0"), "line 3: "),
        ("zero", row("1000000120,0,1,0,1,0"), "line 3: a price is not between"),
        ("outside", row("1000000120,3,2,1,1,0"), "line 3: a price lies outside"),
        ("same time", row("1000000064,1,1,1,1,0"), "line 3: it begins less than five seconds"),
        ("earlier", row("1000000030,1,1,1,1,0"), "line 3: it begins less than five seconds"),
        ("far", row("99999999999999999999,1,1,1,1,0"), "line 3: field 0: number too large"),
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
    let apart = |pair: &[Tick]| (1..=5_000).contains(&(pair[1].at_ms - pair[0].at_ms));
    assert!(ticks.windows(2).all(apart));
    for (bar, next) in bars.iter().zip(bars.iter().skip(1)) {
        let inside = |at| (bar.opened_ms..bar.opened_ms + bar.lasted_ms).contains(&at);
        let prices: Vec<u64> =
            ticks.iter().filter(|tick| inside(tick.at_ms)).map(|tick| tick.price).collect();
        // A close is the next bar's first price.
        assert_eq!(prices.iter().min().min(Some(&next.open)), Some(&bar.low));
        assert_eq!(prices.iter().max(), Some(&bar.high));
        assert_eq!(prices[0], bar.open);
        assert_eq!(prices.len() as u64, bar.lasted_ms / 5_000);
    }
}

#[test]
fn inside_a_bar_the_extreme_against_its_direction_comes_first() {
    let bar =
        |open, close| Bar { opened_ms: 0, lasted_ms: 60_000, open, high: 300, low: 100, close };
    let prices = |bar| ticks(&[bar], 20_000).iter().map(|tick| tick.price).collect::<Vec<_>>();
    assert_eq!(prices(bar(150, 250)), [150, 100, 300]);
    assert_eq!(prices(bar(250, 150)), [250, 300, 100]);
}

/// What the sources say of the crash holds of the path.
#[test]
fn the_built_in_crash_is_the_published_one() {
    let bars = built_in();
    let percent = |from: u64, to: u64| (to as f64 / from as f64 - 1.0) * 100.0;
    let near = |value: f64, published: f64| (value - published).abs() < 0.01;
    assert!(bars.windows(2).all(|pair| {
        pair[0].close == pair[1].open && pair[0].opened_ms + pair[0].lasted_ms == pair[1].opened_ms
    }));
    assert!(near(percent(bars[1].open, bars[1].close), -11.82));
    assert_eq!(bars[1].lasted_ms, 60_000);
    assert!(near(percent(bars[3].open, bars[3].close), 12.64));
    assert!(near(percent(bars[3].low, bars[3].high), 14.57));
    assert_eq!(bars.iter().map(|bar| bar.low).min(), Some(168_790_000));
}

#[test]
fn straight_legs_join_and_reach_their_corners() {
    let bars = straight(&[(0, 210.0), (120, 200.0), (7_320, 190.0), (7_330, 195.0)]);
    assert_eq!((bars[0].open, bars[8].open), (210_000_000, 200_000_000));
    assert_eq!(bars.len(), 8 + 40 + 1);
    for pair in bars.windows(2) {
        assert_eq!(pair[0].opened_ms + pair[0].lasted_ms, pair[1].opened_ms);
        assert_eq!(pair[0].close, pair[1].open);
    }
    let last = bars.last().unwrap();
    assert_eq!((last.close, last.lasted_ms), (195_000_000, 10_000));
}
