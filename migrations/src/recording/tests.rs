use std::path::PathBuf;

use super::{Bar, Recording, When, parse, read};

const HEADER: &str = "unix_ts,open,high,low,close,volume\n";

fn bar(opened_ms: u64, [open, high, low, close]: [u64; 4]) -> Bar {
    Bar { opened_ms, lasted_ms: 60_000, open, high, low, close }
}

/// The two bars that every format here tells of.
fn told() -> Vec<Bar> {
    vec![
        bar(1_700_000_040_000, [1_500_000, 2_000_000, 1_000_000, 1_750_000]),
        bar(1_700_000_100_000, [1_750_000, 1_750_000, 1_000_001, 1_100_000]),
    ]
}

/// One export: what it is called, its rows, and what is said of it.
type Export = (&'static str, &'static str, &'static str);

const EXPORTS: [Export; 12] = [
    (
        "ours",
        "unix_ts,open,high,low,close,volume\n1700000040,1.5,2,1,1.75,9\n1700000100,1.75,1.75,1.000001,1.1,3\n",
        "columns by their names, seconds",
    ),
    (
        "Binance futures",
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n\
         1700000040000,1.5,2,1,1.75,9,1700000099999,1,1,1,1,0\n1700000100000,1.75,1.75,1.000001,1.1,3,1700000159999,1,1,1,1,0\n",
        "Binance with header, milliseconds",
    ),
    (
        "Binance spot until 2024",
        "1700000040000,1.5,2,1,1.75,9,1700000099999,1,1,1,1,0\n1700000100000,1.75,1.75,1.000001,1.1,3,1700000159999,1,1,1,1,0\n",
        "Binance without header, milliseconds",
    ),
    (
        "Binance spot since 2025",
        "1700000040000000,1.5,2,1,1.75,9,1700000099999999,1,1,1,1,0\n1700000100000000,1.75,1.75,1.000001,1.1,3,1700000159999999,1,1,1,1,0\n",
        "Binance without header, microseconds",
    ),
    (
        "Binance over the turn of the year",
        "1700000040000,1.5,2,1,1.75,9,1700000099999,1,1,1,1,0\n1700000100000000,1.75,1.75,1.000001,1.1,3,1700000159999999,1,1,1,1,0\n",
        "Binance without header, microseconds and milliseconds",
    ),
    (
        "Coinbase",
        "time,low,high,open,close,volume\n1700000100,1.000001,1.75,1.75,1.1,3\n1700000040,1,2,1.5,1.75,9\n",
        "Coinbase with header, seconds",
    ),
    (
        "Coinbase's answer as rows",
        "1700000100,1.000001,1.75,1.75,1.1,3\n1700000040,1,2,1.5,1.75,9\n",
        "Coinbase without header, seconds",
    ),
    (
        "Bybit",
        "1700000100000,1.75,1.75,1.000001,1.1,3,5\n1700000040000,1.5,2,1,1.75,9,5\n",
        "Bybit without header, milliseconds",
    ),
    (
        "Bybit with names",
        "startTime,openPrice,highPrice,lowPrice,closePrice,volume,turnover\n\
         1700000100000,1.75,1.75,1.000001,1.1,3,5\n1700000040000,1.5,2,1,1.75,9,5\n",
        "Bybit with header, milliseconds",
    ),
    (
        "OKX",
        "1700000100000,1.75,1.75,1.000001,1.1,3,5,5,1\n1700000040000,1.5,2,1,1.75,9,5,5,1\n",
        "OKX without header, milliseconds",
    ),
    (
        "OKX's download",
        "instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm\n\
         SOL-USDT,1.5,2,1,1.75,9,5,5,1700000040000,1\nSOL-USDT,1.75,1.75,1.000001,1.1,3,5,5,1700000100000,1\n",
        "OKX with header, milliseconds",
    ),
    (
        "a collection's, with a banner, dates and semicolons",
        "https://example.org\nDate;Symbol;Open;High;Low;Close;Volume SOL\n\
         2023-11-14 22:15:00;SOL;1.75;1.75;1.000001;1.1;3\n2023-11-14 22:14:00;SOL;1.5;2;1;1.75;9\n",
        "columns by their names, dates",
    ),
];

#[test]
fn every_exchanges_export_tells_the_same() {
    for (name, text, said) in EXPORTS {
        let Recording { bars, about } = parse(text).unwrap_or_else(|why| panic!("{name}{why}"));
        assert_eq!(bars, told(), "{name}");
        assert!(about.starts_with(said), "{name}: {about}");
    }
}

#[test]
fn order_gaps_and_repetitions_are_told() {
    let minute = |minute: u64| format!("{},1,1,1,1,0\n", 1_700_000_040 + minute * 60);
    let text = |minutes: &[u64]| minutes.iter().map(|at| minute(*at)).collect::<String>();
    let gaps = parse(&text(&[0, 1, 2, 12, 13, 15])).unwrap();
    assert!(gaps.about.contains("2 gaps bridged, the longest 9 min"), "{}", gaps.about);
    assert_eq!(gaps.bars[2].lasted_ms, 600_000);
    let newest_first = parse(&text(&[3, 2, 1, 1, 0])).unwrap();
    let about = newest_first.about;
    assert!(about.contains("newest first, no gaps, 1 repeated rows"), "{about}");
    assert!(about.contains("4 bars of 1 min, 2023-11-14 22:14 to 2023-11-14 22:17 UTC"), "{about}");
}

#[test]
fn dates_agree_with_the_calendar() {
    let text =
        "date,open,high,low,close\n2024-02-29T23:59:30Z,1,1,1,1\n2024-03-01 00:00:00,1,1,1,1\n";
    let bars = parse(text).unwrap().bars;
    assert_eq!(
        bars.iter().map(|bar| bar.opened_ms).collect::<Vec<_>>(),
        [1_709_251_170_000, 1_709_251_200_000]
    );
    let said = [
        (0, "1970-01-01 00:00"),
        (1_709_251_140_000, "2024-02-29 23:59"),
        (1_735_689_600_000, "2025-01-01 00:00"),
    ];
    for (ms, date) in said {
        assert_eq!(super::time::date(ms), date);
    }
}

#[test]
fn each_kind_of_bad_file_is_named() {
    let row = |row: &str| format!("{HEADER}1000000060,1,1,1,1,0\n{row}\n");
    let cases = [
        ("empty", String::new(), "at least two bars"),
        ("header", HEADER.to_owned(), "at least two bars"),
        ("one", format!("{HEADER}1000000060,1,1,1,1,0\n"), "at least two bars"),
        ("twice the same", row("1000000060,1,1,1,1,0"), "at least two bars"),
        (
            "columns",
            "time,open,high,low,price\n1,2,1,1,1\n".to_owned(),
            "line 1: no column is called `close`",
        ),
        ("text", row("1000000120,x,1,1,1,0"), "line 3: the open is `x`"),
        ("short", row("1000000120,1,1"), "line 3: it has 3 fields where the first row has 6"),
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
        ("unfinished", format!("{HEADER}1000000060,1,1,1,1,0\n1000000120,0,1,0,1,0"), "line 3: "),
        ("outside", row("1000000120,3,2,1,1,0"), "line 3: a price lies outside"),
        ("same time", row("1000000064,1,1,1,1,0"), "line 3: it begins less than five seconds"),
        ("another price", row("1000000060,1,2,1,1,0"), "line 3: it begins less than five seconds"),
        ("shuffled", row("1000000180,1,1,1,1,0\n1000000120,1,1,1,1,0"), "line 4: it begins less"),
        ("far", row("99999999999999999999,1,1,1,1,0"), "line 3: the time is neither"),
        ("no month", row("2021-13-01,1,1,1,1,0"), "line 3: the time is neither"),
    ];
    for (name, content, expected) in cases {
        let error = parse(&content).unwrap_err();
        assert!(error.contains(expected), "{name}: {error}");
    }
    assert!(read(&PathBuf::from("/nowhere.csv")).unwrap_err().contains("/nowhere.csv"));
}

#[test]
fn a_moment_is_named_in_three_ways() {
    assert_eq!(When::parse("2021-09-14 12:00"), Ok(When::At(1_631_620_800_000)));
    assert_eq!(When::parse("1631620800"), Ok(When::At(1_631_620_800_000)));
    for (text, ms) in [("+90m", 5_400_000), ("+2h", 7_200_000), ("+15s", 15_000)] {
        assert_eq!(When::parse(text).map(|when| when.after(7)), Ok(ms + 7));
    }
    for text in ["noon", "+x", "+1", "+1d", "+99999999999999999h", "+-1m"] {
        assert!(When::parse(text).is_err(), "{text}");
    }
}
