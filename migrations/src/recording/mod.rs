//! Recorded prices: candles as exchanges export them, read from CSV.
//!
//! No exchange writes what another one does: there are headers and none, seconds to nanoseconds, the
//! newest candle first or last, and two orders of columns. What a file is follows from its content,
//! and is said in one line, so that a wrong guess is seen.

mod bar;
mod columns;
mod time;

use std::collections::BTreeMap;
use std::path::Path;

use columns::Columns;
use holdfast_risk::Millis;

pub use bar::{Bar, millionths, rounded};
pub use time::When;

/// Prices are published in whole seconds, and a bar has three legs.
const SHORTEST_BAR_MS: u64 = 5_000;
/// Longer paths would take minutes to play.
const LONGEST_PATH_MS: u64 = Millis::DAY.times(31).0;
/// The second market follows the first one, so a price cannot rise without end.
const LARGEST_RISE: u64 = 1_000;

/// The bars of a file, and what kind of file it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The bars, oldest first.
    pub bars: Vec<Bar>,
    /// One line: the exchange whose export it looks like, unit of time, order, length, gaps.
    pub about: String,
}

/// A row with the line it stands on.
struct Row {
    line: u64,
    cells: Vec<String>,
}

/// Reads the candles of a CSV file.
///
/// Rows of the same time that say the same count once. A gap is bridged by the bar before it.
///
/// # Errors
/// A sentence naming the file, the line and what is wrong with it.
pub fn read(path: &Path) -> Result<Recording, String> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let read = parse(&text).map_err(|reason| format!("{name}{reason}"))?;
    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    Ok(Recording { about: format!("{file}: {}", read.about), ..read })
}

/// Reads the candles of a CSV text; an error begins with what separates it from the file's name.
fn parse(text: &str) -> Result<Recording, String> {
    let few = || ": at least two bars are needed".to_owned();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let delimiter = delimiter(text);
    let mut rows = rows(text, delimiter)?.into_iter().peekable();
    // A line of words with fewer fields than what follows is a banner, not a header.
    while rows.next_if(|row| row.cells.len() < columns::FEWEST).is_some() {}
    let first = rows.peek().ok_or_else(few)?;
    let named = columns::is_header(&first.cells);
    let header = if named { rows.next() } else { None };
    let rows: Vec<Row> = rows.collect();
    let columns = match &header {
        Some(header) => Columns::of_header(&header.cells)
            .map_err(|reason| format!(", line {}: {reason}", header.line))?,
        None => Columns::of_rows(&rows.iter().map(|row| &row.cells[..]).collect::<Vec<_>>())
            .map_err(|reason| format!(": {reason}"))?,
    };
    let width = header.as_ref().or(rows.first()).map_or(0, |row| row.cells.len());
    let mut bars = Vec::with_capacity(rows.len());
    let mut units = BTreeMap::new();
    for row in &rows {
        let at = |reason: String| format!(", line {}: {reason}", row.line);
        if row.cells.len() != width {
            let found = row.cells.len();
            return Err(at(format!("it has {found} fields where the first row has {width}")));
        }
        let (bar, unit) = columns.bar(&row.cells).map_err(at)?;
        *units.entry(unit).or_insert(0_usize) += 1;
        bars.push((row.line, bar));
    }
    if bars.len() < 2 {
        return Err(few());
    }
    let units = units.into_keys().collect::<Vec<_>>().join(" and ");
    finish(bars, &columns, &units)
}

/// Puts bars into order, gives them their lengths, and says what they are.
fn finish(mut bars: Vec<(u64, Bar)>, columns: &Columns, units: &str) -> Result<Recording, String> {
    let newest_first = bars[0].1.opened_ms > bars[bars.len() - 1].1.opened_ms;
    if newest_first {
        bars.reverse();
    }
    let before = bars.len();
    bars.dedup_by_key(|(_, bar)| *bar);
    let repeated = before - bars.len();
    let first = bars[0].1;
    let step = usual_step(&bars);
    for index in 1..bars.len() {
        let (line, bar) = bars[index];
        let at = |reason: &str| format!(", line {line}: {reason}");
        let passed = bar.opened_ms.checked_sub(bars[index - 1].1.opened_ms);
        let Some(passed) = passed.filter(|passed| *passed >= SHORTEST_BAR_MS) else {
            return Err(at(
                "it begins less than five seconds after the bar before it: sort the rows by time, \
                 and keep one for each time",
            ));
        };
        bars[index - 1].1.lasted_ms = passed;
        if bar.opened_ms - first.opened_ms > LONGEST_PATH_MS {
            return Err(at("it begins more than 31 days after the first bar: cut the file"));
        }
        if bar.high / LARGEST_RISE > first.open {
            return Err(at("the price is more than a thousand times the first one"));
        }
    }
    let last = bars.len() - 1;
    bars[last].1.lasted_ms = step;
    if bars.len() < 2 {
        return Err(": at least two bars are needed".to_owned());
    }
    let bars: Vec<Bar> = bars.into_iter().map(|(_, bar)| bar).collect();
    let about = [
        format!("{}, {units}", columns.about()),
        format!("{} bars of {}", bars.len(), time::duration(step)),
        format!("{} to {} UTC", time::date(first.opened_ms), time::date(bars[last].opened_ms)),
        if newest_first { "newest first" } else { "oldest first" }.to_owned(),
        gaps(&bars, step),
    ];
    let repeated =
        if repeated == 0 { String::new() } else { format!(", {repeated} repeated rows") };
    Ok(Recording { about: about.join(", ") + &repeated, bars })
}

/// The most frequent distance between two bars, the shorter one of two.
fn usual_step(bars: &[(u64, Bar)]) -> u64 {
    let mut counts = BTreeMap::new();
    for pair in bars.windows(2) {
        let step = pair[1].1.opened_ms.saturating_sub(pair[0].1.opened_ms);
        *counts.entry(step).or_insert(0_u64) += 1;
    }
    let most = counts.values().copied().max();
    counts.into_iter().find(|(_, count)| Some(*count) == most).map_or(0, |(step, _)| step)
}

fn gaps(bars: &[Bar], step: u64) -> String {
    let gaps = || bars.iter().map(|bar| bar.lasted_ms).filter(|lasted| *lasted > step);
    match gaps().max() {
        None => "no gaps".to_owned(),
        Some(longest) => {
            let missing = longest - step;
            let count = gaps().count();
            let s = if count == 1 { "" } else { "s" };
            format!("{count} gap{s} bridged, the longest {}", time::duration(missing))
        }
    }
}

fn rows(text: &str, delimiter: u8) -> Result<Vec<Row>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    // The reader skips empty lines and forgets them when it counts.
    let lines = (1_u64..).zip(text.lines()).filter(|(_, line)| !line.is_empty());
    let mut rows = Vec::new();
    for (record, (line, _)) in reader.records().zip(lines) {
        let record = record.map_err(|error| format!(", line {line}: {error}"))?;
        let cells: Vec<String> = record.iter().map(ToOwned::to_owned).collect();
        rows.push(Row { line, cells });
    }
    Ok(rows)
}

/// What separates the fields of most lines.
fn delimiter(text: &str) -> u8 {
    let count = |sign: u8| text.bytes().filter(|byte| *byte == sign).count();
    // Of equal counts the last one wins: a comma where nothing tells.
    [b'\t', b';', b','].into_iter().max_by_key(|sign| count(*sign)).unwrap_or(b',')
}

#[cfg(test)]
mod tests;
