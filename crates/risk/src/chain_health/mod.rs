//! What the chain is doing, judged from its own sysvars: signals, states and the baseline they are
//! measured against.
//!
//! [`Monitor::step`] is the whole sensor: `observe` persists what it returns, and every guarded
//! instruction calls it with the sysvars it sees and acts on the stricter of both.

mod bounds;
mod signals;
mod states;

pub use bounds::{OutOfBounds, Thresholds};
pub use signals::{Judgement, SKIP_WINDOW, Sighting, Signal, skipped};
pub use states::{Monitor, State, Transition};

#[cfg(test)]
#[path = "../chain_health_properties.rs"]
mod properties;
#[cfg(test)]
#[path = "../chain_health_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "../tighten_tests.rs"]
mod tighten_tests;
