use holdfast_simulator::lab::scenario::{Scenario, Weather};
use holdfast_testkit::path::ticks;

use crate::{Outcome, text};

/// Milliseconds between two ticks.
const STEP_MS: u64 = 60_000;

/// A scenario of the lab, in TOML. What is read can be played: its path has prices, in time that never
/// runs backwards, and each of its faults begins.
pub fn scenario(data: &[u8]) -> Outcome {
    let read = text(data).and_then(|text| Scenario::parse("scenario.toml", text));
    if let Ok(scenario) = &read {
        let bars = scenario.bars(None, 1).expect("without a folder no file is read");
        let ticks = ticks(&bars, STEP_MS);
        assert!(!ticks.is_empty(), "the path is empty");
        assert!(ticks.is_sorted_by_key(|tick| tick.at_ms), "time runs backwards");
        assert!(ticks.iter().all(|tick| tick.price > 0), "something is worth nothing");
        for fault in &scenario.faults {
            Weather::at(&scenario.faults, fault.at_s * 1_000);
        }
    }
    Outcome::from(&read)
}
