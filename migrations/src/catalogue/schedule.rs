//! How long a feed's market is closed at a time, from the week that Pyth lists for it:
//! `America/New_York;0930-1600,0930-1600,0930-1600,0930-1600,0930-1600,C,C;1127/0930-1300,1225/C` is a time
//! zone, the days from Monday on, and holidays. A day is open (`O`), closed (`C`), or open in spans that `&`
//! joins.

use holdfast_risk::Millis;

/// Minutes of a day.
const DAY: u64 = 1_440;
/// Minutes of a week.
const WEEK: u64 = 7 * DAY;

/// Spans of a day in which a market is open: minutes after midnight.
type Day = Vec<(u64, u64)>;

/// How long a market is closed at a time. Changes of the clock add up to an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closings {
    /// The longest time of an ordinary week; zero: it trades at all hours.
    pub week: Millis,
    /// The longest time where a holiday on which it is closed falls on the day that makes it longest.
    pub holiday: Millis,
}

impl Closings {
    /// Reads a schedule; `None`: it is in no known form.
    pub fn read(schedule: &str) -> Option<Self> {
        let mut parts = schedule.split(';');
        let (_zone, week) = (parts.next()?, parts.next()?);
        let days: Option<Vec<Day>> = week.split(',').map(day).collect();
        let week: [Day; 7] = days?.try_into().ok()?;
        let is_closed = |rule: &str| rule.split_once('/').is_some_and(|(_, day)| day.trim() == "C");
        let has_holidays = parts.next().is_some_and(|rules| rules.split(',').any(is_closed));
        let longest = longest_closed(&week);
        let with_holiday = |day: usize| {
            let mut week = week.clone();
            week[day].clear();
            longest_closed(&week)
        };
        let holiday = (0..7).filter(|_| has_holidays).map(with_holiday).max();
        Some(Self { week: longest, holiday: holiday.unwrap_or(longest) })
    }
}

fn day(rule: &str) -> Option<Day> {
    match rule.trim() {
        "O" => Some(vec![(0, DAY)]),
        "C" => Some(Vec::new()),
        spans => spans.split('&').map(span).collect(),
    }
}

fn span(text: &str) -> Option<(u64, u64)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minute(from)?, minute(to)?);
    (from < to).then_some((from, to))
}

/// A minute of the day, as in `0930`; `2400` is its end.
fn minute(text: &str) -> Option<u64> {
    let digits = text.trim();
    let is_time = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|_| is_time)?;
    let minute = number / 100 * 60 + number % 100;
    (number % 100 < 60 && minute <= DAY).then_some(minute)
}

/// The longest time without an open minute in a week that is followed by its like.
fn longest_closed(week: &[Day; 7]) -> Millis {
    let days = (0_u64..).zip(week).flat_map(|(number, day)| {
        day.iter().map(move |(from, to)| (number * DAY + from, number * DAY + to))
    });
    let mut spans: Vec<_> = days.collect();
    spans.sort_unstable();
    let Some(&(first, _)) = spans.first() else { return minutes(WEEK) };
    let (mut longest, mut until) = (0, first);
    for (from, to) in spans {
        longest = longest.max(from.saturating_sub(until));
        until = until.max(to);
    }
    minutes(longest.max((first + WEEK).saturating_sub(until)))
}

const fn minutes(count: u64) -> Millis {
    Millis(count * Millis::MINUTE.0)
}

#[cfg(test)]
mod tests {
    use holdfast_risk::Millis;

    use super::Closings;

    /// Half hours: the longest time of a week, and with a holiday.
    fn read(schedule: &str) -> Option<[u64; 2]> {
        let halves = |time: Millis| time.0 / (30 * Millis::MINUTE.0);
        Closings::read(schedule).map(|closings| [closings.week, closings.holiday].map(halves))
    }

    #[test]
    fn the_longest_closing_of_a_week_is_found() {
        assert_eq!(read("America/New_York;O,O,O,O,O,O,O;"), Some([0, 0]));
        let shares = "America/New_York;0930-1600,0930-1600,0930-1600,0930-1600,0930-1600,C,C";
        assert_eq!(
            read(shares),
            Some([131, 131]),
            "from Friday at four to Monday at half past nine"
        );
        assert_eq!(read(&format!("{shares};1127/0930-1300")), Some([131, 131]));
        assert_eq!(read(&format!("{shares};1127/0930-1300,1225/C")), Some([131, 179]));
        assert_eq!(read("America/New_York;O,O,O,O,0000-1700,C,1700-2400;"), Some([96, 96]));
        let breaks = "0000-1130&1230-2400";
        let noon = format!("Asia/Tokyo;{breaks},{breaks},{breaks},{breaks},{breaks},O,O;0101/C");
        assert_eq!(read(&noon), Some([2, 48]));
        assert_eq!(read("UTC;C,C,C,C,C,C,C"), Some([336, 336]), "it never opens");
    }

    #[test]
    fn what_has_another_form_is_left() {
        for text in [
            "",
            "America/New_York",
            "America/New_York;O,O,O,O,O,O",
            "America/New_York;O,O,O,O,O,O,O,O",
            "America/New_York;0930-2500,O,O,O,O,O,O",
            "America/New_York;0960-1200,O,O,O,O,O,O",
            "America/New_York;1600-0930,O,O,O,O,O,O",
            "America/New_York;930-1600,O,O,O,O,O,O",
            "America/New_York;+930-1600,O,O,O,O,O,O",
            "America/New_York;0930,O,O,O,O,O,O",
        ] {
            assert_eq!(Closings::read(text), None, "{text}");
        }
    }
}
