//! Which column of a file is what.

use super::bar::{Bar, millionths};
use super::time;

/// Time and four prices.
pub const FEWEST: usize = 5;

/// Names of a column of times, those with numbers before those with dates.
const TIMES: [&str; 17] = [
    "unixts",
    "unix",
    "unixtime",
    "unixtimestamp",
    "opentime",
    "starttime",
    "startat",
    "start",
    "timestamp",
    "ts",
    "time",
    "periodstartunix",
    "t",
    "datetime",
    "date",
    "opentimeutc",
    "candlebegintime",
];
const OPENS: [&str; 3] = ["open", "openprice", "o"];
const HIGHS: [&str; 4] = ["high", "highprice", "h", "max"];
const LOWS: [&str; 4] = ["low", "lowprice", "l", "min"];
const CLOSES: [&str; 4] = ["close", "closeprice", "c", "last"];
const VOLUMES: [&str; 5] = ["volume", "vol", "v", "basevolume", "volumebase"];

/// Where a file's columns are.
#[derive(Debug)]
pub struct Columns {
    time: usize,
    open: usize,
    high: usize,
    low: usize,
    close: usize,
    volume: Option<usize>,
    /// What the file looks like.
    about: String,
}

/// Whether a row names columns: nothing in it is a number.
pub fn is_header(cells: &[String]) -> bool {
    cells.iter().all(|cell| cell.parse::<f64>().is_err() && time::parse(cell).is_err())
}

impl Columns {
    /// By their names, whatever their order.
    ///
    /// # Errors
    /// Which one is missing.
    pub fn of_header(cells: &[String]) -> Result<Self, String> {
        let plain = |cell: &String| {
            let letters = cell.chars().filter(char::is_ascii_alphanumeric);
            letters.collect::<String>().to_ascii_lowercase()
        };
        let names: Vec<String> = cells.iter().map(plain).collect();
        let find = |wanted: &[&str]| {
            wanted.iter().find_map(|name| names.iter().position(|found| found == name))
        };
        let needed = |what: &str, wanted: &[&str]| {
            find(wanted)
                .ok_or_else(|| format!("no column is called `{what}`; found {}", cells.join(", ")))
        };
        let about = match names.first().map(String::as_str) {
            _ if find(&["takerbuyvolume", "takerbuybasevolume", "takerbuybaseassetvolume"])
                .is_some() =>
            {
                "Binance with header"
            }
            _ if find(&["volccy"]).is_some() => "OKX with header",
            _ if find(&["turnover"]).is_some() => "Bybit with header",
            Some("time") if names.get(1).is_some_and(|name| name == "low") => {
                "Coinbase with header"
            }
            _ => "columns by their names",
        };
        Ok(Self {
            time: needed("time", &TIMES)?,
            open: needed("open", &OPENS)?,
            high: needed("high", &HIGHS)?,
            low: needed("low", &LOWS)?,
            close: needed("close", &CLOSES)?,
            volume: find(&VOLUMES),
            about: about.to_owned(),
        })
    }

    /// By what is in them: of the two orders in use, the one in which no price of any row lies
    /// outside its low and high.
    ///
    /// # Errors
    /// What was expected.
    pub fn of_rows(rows: &[&[String]]) -> Result<Self, String> {
        let width = rows.first().map_or(0, |row| row.len());
        let (name, volume) = match width {
            12 => ("Binance without header", Some(5)),
            9 => ("OKX without header", Some(5)),
            7 => ("Bybit without header", Some(5)),
            6 => ("time, open, high, low, close, volume without header", Some(5)),
            5 => ("time, open, high, low, close without header", None),
            _ => ("time, open, high, low, close without header", Some(5)),
        };
        let usual =
            Self { time: 0, open: 1, high: 2, low: 3, close: 4, volume, about: name.to_owned() };
        let about = "Coinbase without header".to_owned();
        let coinbase = Self { low: 1, high: 2, open: 3, about, ..usual };
        let fits = |columns: &Self| {
            let whole = rows.iter().filter(|row| row.len() == width);
            let within = |row: &&&[String]| columns.is_ordered(row);
            whole.clone().count() > 0 && whole.clone().all(|row| within(&row))
        };
        if !fits(&usual) && width == 6 && fits(&coinbase) {
            return Ok(coinbase);
        }
        Ok(usual)
    }

    /// Whether a row that has four prices has them between low and high.
    fn is_ordered(&self, row: &[String]) -> bool {
        let number = |at: usize| row.get(at).and_then(|cell| cell.parse::<f64>().ok());
        let prices = [self.open, self.high, self.low, self.close].map(number);
        let [Some(open), Some(high), Some(low), Some(close)] = prices else { return true };
        low <= open.min(close) && high >= open.max(close)
    }

    /// A row as a bar whose length is not known yet, and the unit of its time.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn bar(&self, cells: &[String]) -> Result<(Bar, &'static str), String> {
        let cell = |at: usize| cells.get(at).map_or("", String::as_str);
        let (opened_ms, unit) = time::parse(cell(self.time))?;
        let bar = Bar {
            opened_ms,
            lasted_ms: 0,
            open: price(cell(self.open), "the open")?,
            high: price(cell(self.high), "the high")?,
            low: price(cell(self.low), "the low")?,
            close: price(cell(self.close), "the close")?,
        };
        if [bar.open, bar.close].iter().any(|price| !(bar.low..=bar.high).contains(price)) {
            return Err("a price lies outside the bar's low and high".to_owned());
        }
        let volume = self.volume.map(cell).filter(|cell| !cell.is_empty());
        let counts = |cell: &str| {
            cell.parse::<f64>().is_ok_and(|volume| (0.0..f64::INFINITY).contains(&volume))
        };
        if volume.is_some_and(|cell| !counts(cell)) {
            return Err("the volume is not a number from zero up".to_owned());
        }
        Ok((bar, unit))
    }

    /// What the file looks like.
    pub fn about(&self) -> &str {
        &self.about
    }
}

/// A price in dollars as millionths.
fn price(cell: &str, what: &str) -> Result<u64, String> {
    let number: f64 = cell.parse().map_err(|_| format!("{what} is `{cell}`, not a number"))?;
    millionths(number).ok_or_else(|| "a price is not between a cent and a million".to_owned())
}
