//! Times as exchanges write them.

/// Moments that can be meant, seconds since 1970: 2001 to 2286. In every unit their numbers have
/// another length, so the unit follows from the number.
const SECONDS: std::ops::Range<u64> = 1_000_000_000..10_000_000_000;

const NOT_A_TIME: &str = "the time is neither a date nor a number of seconds, milli-, micro- or \
                          nanoseconds since 1970 between 2001 and 2286";

/// A time in milliseconds since 1970, and how it was written.
///
/// # Errors
/// What was expected.
pub fn parse(cell: &str) -> Result<(u64, &'static str), String> {
    number(cell)
        .or_else(|| written(cell).map(|ms| (ms, "dates")))
        .ok_or_else(|| NOT_A_TIME.to_owned())
}

fn number(cell: &str) -> Option<(u64, &'static str)> {
    // Tables that went through a spreadsheet or a data frame have `1700000000.0`.
    let (whole, fraction) = cell.split_once('.').unwrap_or((cell, ""));
    if !fraction.bytes().all(|digit| digit == b'0') {
        return None;
    }
    let number: u64 = whole.parse().ok()?;
    let units = [
        (1, "seconds"),
        (1_000, "milliseconds"),
        (1_000_000, "microseconds"),
        (1_000_000_000, "nanoseconds"),
    ];
    let (per_second, unit) =
        units.into_iter().find(|(per_second, _)| SECONDS.contains(&(number / per_second)))?;
    let ms = if per_second == 1 { number * 1_000 } else { number / (per_second / 1_000) };
    Some((ms, unit))
}

/// `2021-05-19`, `2021.05.19 00:01`, `2021-05-19T00:01:02.345Z`, always UTC.
fn written(cell: &str) -> Option<u64> {
    let cell = cell.trim_end_matches("UTC").trim_end().trim_end_matches('Z');
    let cell = cell.strip_suffix("+00:00").unwrap_or(cell);
    let (date, clock) = cell.split_once(['T', ' ']).unwrap_or((cell, "0:0"));
    let parts = |text: &str, signs: &[char]| -> Option<Vec<u64>> {
        text.split(signs).map(|part| part.parse().ok()).collect()
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let thousandths: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let date = parts(date, &['-', '.', '/'])?;
    let clock = parts(clock.trim(), &[':'])?;
    let (&[year, month, day], [hour, minute, rest @ ..]) = (&date[..], &clock[..]) else {
        return None;
    };
    let fits = (2001..2286).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let second = rest.first().copied().unwrap_or(0);
    let today = *hour < 24 && *minute < 60 && second < 61;
    let of_day = hour * 3_600 + minute * 60 + second;
    (fits && today).then(|| (days(year, month, day) * 86_400 + of_day) * 1_000 + thousandths)
}

/// Days from 1970 to a date of the Gregorian calendar. Years begin in March here, so that the leap
/// day comes last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let leap_days = year / 4 - year / 100 + year / 400;
    // 719,468 days lie between March of the year 0 and 1970.
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// A moment that somebody names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Milliseconds since 1970.
    At(u64),
    /// Milliseconds after the first price.
    After(u64),
}

impl When {
    /// A date, a time since 1970, or `+` and a number of seconds, minutes or hours.
    ///
    /// # Errors
    /// What can be said.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(after) = text.strip_prefix('+') else {
            return parse(text).map(|(ms, _)| Self::At(ms));
        };
        let units = [("s", 1_000), ("m", 60_000), ("min", 60_000), ("h", 3_600_000)];
        let digits = after.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let (_, ms) = units
            .into_iter()
            .find(|(unit, _)| *unit == &after[digits.len()..])
            .ok_or("after `+` comes a number with s, m or h, as in +90m")?;
        let number: u64 =
            digits.parse().map_err(|_| format!("`{digits}` is not a whole number"))?;
        number.checked_mul(ms).map(Self::After).ok_or_else(|| "that is too long".to_owned())
    }

    /// In milliseconds since 1970, where the first price is of `first_ms`.
    pub fn after(self, first_ms: u64) -> u64 {
        match self {
            Self::At(ms) => ms,
            Self::After(ms) => first_ms.saturating_add(ms),
        }
    }
}

/// A moment, to the minute.
pub fn date(ms: u64) -> String {
    let (days_since, minute) = (ms / 86_400_000, ms / 60_000 % 1_440);
    let mut year = 1970 + days_since / 366;
    while days(year + 1, 1, 1) <= days_since {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| days(year, *month, 1) <= days_since).unwrap_or(1);
    let day = days_since - days(year, month, 1) + 1;
    format!("{year}-{month:02}-{day:02} {:02}:{:02}", minute / 60, minute % 60)
}

/// A length of time in its largest whole unit.
pub fn duration(ms: u64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let unit = units.into_iter().find(|(length, _)| ms >= *length && ms.is_multiple_of(*length));
    unit.map_or_else(|| format!("{ms} ms"), |(length, name)| format!("{} {name}", ms / length))
}
