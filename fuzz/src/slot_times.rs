use holdfast_simulator::lab::alarms::live_through;

use crate::Outcome;
use crate::scratch::with_file;

/// A CSV file of slot times. What is read can be lived through.
pub fn slot_times(data: &[u8]) -> Outcome {
    let lived = with_file(data, live_through);
    if let Ok(alarms) = &lived {
        assert!(alarms.days > 0.0 && alarms.careful_ppm <= 1_000_000, "{alarms:?}");
    }
    Outcome::from(&lived)
}
