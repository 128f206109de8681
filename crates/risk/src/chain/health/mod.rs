//! What the chain is doing, judged from its own sysvars: signals, states and the baseline they are
//! measured against.
//!
//! [`Monitor::step`] is the whole sensor: `observe` persists what it returns, and every guarded
//! instruction calls it with the sysvars it sees and acts on the stricter of both.

mod bounds;
mod evidence;
mod judging;
mod signals;
mod states;

pub use bounds::Thresholds;
pub use evidence::{ProviderTimes, proven_time};
pub use signals::{ChainSample, Judgement, SKIP_WINDOW, Signal, skipped};
pub use states::{Monitor, State, Transition};

#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod edges_tests;
#[cfg(test)]
mod one_cause_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tighten_tests;
