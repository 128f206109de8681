use holdfast_testkit::path::ticks;
use holdfast_testkit::recording::read;

use crate::Outcome;
use crate::scratch::with_file;

/// Milliseconds between two ticks.
const STEP_MS: u64 = 60_000;

/// A CSV file of price bars. What is read can be played, in time that never runs backwards.
pub fn prices(data: &[u8]) -> Outcome {
    let recording = with_file(data, read);
    if let Ok(recording) = &recording {
        let ticks = ticks(&recording.bars, STEP_MS);
        assert!(ticks.is_sorted_by_key(|tick| tick.at_ms), "time runs backwards");
        assert!(ticks.iter().all(|tick| tick.price > 0), "something is worth nothing");
    }
    Outcome::from(&recording)
}
