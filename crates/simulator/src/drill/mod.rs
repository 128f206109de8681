//! The drills: a venue full of accounts lives through a crash or an outage, with the keeper's own
//! decision code looking after it, on the compiled program.

mod guarding;
mod guards;
mod healing;
mod keeping;
mod measure;
mod moment;
mod people;
mod picture;
mod population;
mod report;
mod run;
mod running;
mod scenario;
mod watch;
mod watching;

pub use guarding::{Guarding, guarding_overview};
pub use guards::GuardFigures;
pub use healing::{Healed, Healing, POOLS_HEAL};
pub use picture::draw;
pub use report::{Percentiles, Refused, Report, overview};
pub use run::{Drill, Progress};
pub use scenario::{SCENARIOS, Scenario};
pub use watch::Mark;
