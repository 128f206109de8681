//! How often a venue is careful on ordinary days: slots as they were recorded, nothing going wrong.

use std::ops::RangeInclusive;
use std::path::Path;

use holdfast_risk::chain::health::{Monitor, State, Thresholds};
use holdfast_testkit::chain::{Chain, Pace};
use holdfast_testkit::sighting;
use serde::{Deserialize, Serialize};

/// How often keepers observe.
const LOOK_MS: u64 = 6_000;
/// What a stretch of the file lasts.
const STRETCH_MS: u64 = 600_000;
/// The slot a chain begins in.
const FIRST_SLOT: u64 = 100_000_000;

/// What a slot may have taken, milliseconds.
const PACES_MS: RangeInclusive<f64> = 100.0..=60_000.0;
/// When a row may be of, seconds since 1970: from 2001 to 2099.
const TIMES_S: RangeInclusive<u64> = 1_000_000_000..=4_102_444_799;

/// A row of a file of slots.
#[derive(Deserialize)]
struct Row {
    unix_ts: u64,
    ms_per_slot: f64,
}

/// What recorded days came to.
#[derive(Clone, Debug, Serialize)]
pub struct Alarms {
    /// Days in the file.
    pub days: f64,
    /// Times the venue left Normal, and how many of these were a day.
    pub strained: u64,
    /// Times it went into Shelter.
    pub sheltered: u64,
    /// Share of the time in which it was not in Normal, millionths.
    pub careful_ppm: u64,
    /// Slowest stretch, milliseconds a slot.
    pub slowest_ms: f64,
}

/// Reads a file of slots and refuses rows that no chain can have been like.
fn rows(file: &Path) -> Result<Vec<Row>, String> {
    let said = |error: csv::Error| format!("{}: {error}", file.display());
    let mut reader = csv::Reader::from_path(file).map_err(said)?;
    let rows: Vec<Row> = reader.deserialize().collect::<Result<_, _>>().map_err(said)?;
    let odd = rows
        .iter()
        .enumerate()
        .find(|(_, row)| !PACES_MS.contains(&row.ms_per_slot) || !TIMES_S.contains(&row.unix_ts));
    let Some((index, row)) = odd else { return Ok(rows) };
    Err(format!(
        "{}, row {}: unix_ts is {} and ms_per_slot is {}: take {} to {} seconds and {} to {} ms",
        file.display(),
        index + 1,
        row.unix_ts,
        row.ms_per_slot,
        TIMES_S.start(),
        TIMES_S.end(),
        PACES_MS.start(),
        PACES_MS.end(),
    ))
}

/// Lives through a file of recorded slot durations, ten minutes a row.
///
/// # Errors
/// What is wrong with the file.
pub fn live_through(file: &Path) -> Result<Alarms, String> {
    let rows = rows(file)?;
    let first = rows.first().ok_or_else(|| format!("{}: it is empty", file.display()))?;
    let mut chain = Chain::new(first.unix_ts * 1_000, FIRST_SLOT);
    let limits = Thresholds::default();
    let mut monitor = Monitor::new(&sighting(&chain, &blank()));
    monitor.baseline_us = (first.ms_per_slot * 1e3) as u32;
    let mut alarms =
        Alarms { days: 0.0, strained: 0, sheltered: 0, careful_ppm: 0, slowest_ms: 0.0 };
    let (mut careful, mut looks) = (0_u64, 0_u64);
    for row in &rows {
        alarms.slowest_ms = alarms.slowest_ms.max(row.ms_per_slot);
        for _ in 0..STRETCH_MS / LOOK_MS {
            chain.run(LOOK_MS, Pace { slot_ms: row.ms_per_slot as u64, failing_percent: 0 });
            let (after, _) = monitor.step(&sighting(&chain, &monitor), &limits);
            if monitor.state == State::Normal && after.state != State::Normal {
                alarms.strained += 1;
            }
            if after.state == State::Shelter && monitor.state != State::Shelter {
                alarms.sheltered += 1;
            }
            monitor = after;
            looks += 1;
            careful += u64::from(monitor.state != State::Normal);
        }
    }
    alarms.days = rows.len() as f64 * STRETCH_MS as f64 / 86_400_000.0;
    alarms.careful_ppm = careful * 1_000_000 / looks.max(1);
    Ok(alarms)
}

fn blank() -> Monitor {
    Monitor::new(&holdfast_risk::chain::health::ChainSample::default())
}

#[cfg(test)]
mod tests {
    use super::live_through;

    #[test]
    fn calm_days_raise_no_alarm_and_a_halving_of_the_pace_does() {
        let folder = std::env::temp_dir().join(format!("holdfast-alarms-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("slots.csv");
        let write = |paces: &[u64]| {
            let rows = paces.iter().enumerate();
            let rows = rows.map(|(at, ms)| format!("{},{ms}\n", 1_700_000_000 + at * 600));
            let text = format!("unix_ts,ms_per_slot\n{}", rows.collect::<String>());
            std::fs::write(&file, text).unwrap();
            live_through(&file).unwrap()
        };
        let calm = write(&[500, 520, 540, 560, 540, 520]);
        assert_eq!((calm.strained, calm.sheltered, calm.careful_ppm), (0, 0, 0));
        let slow = write(&[450, 450, 780, 450, 450, 450]);
        assert!(slow.strained >= 1 && slow.sheltered == 0, "{slow:?}");
        std::fs::write(&file, "unix_ts,ms_per_slot\n1700000000,450\n1700000600,0\n").unwrap();
        assert!(live_through(&file).unwrap_err().contains("row 2: "));
        assert!(live_through(&folder.join("nothing.csv")).is_err());
    }
}
