//! The lab: what a venue is worth when the chain fails, ours beside what others do, on the same
//! path with the same people.

pub mod alarms;
pub mod attacks;
pub mod book;
pub mod crowd;
pub mod elf;
pub mod hands;
pub mod invariants;
pub mod leaving;
pub mod looking_ahead;
pub mod makers;
pub mod ours;
pub mod peer;
pub mod people;
pub mod play;
pub mod policies;
pub mod pool;
pub mod providers;
pub mod queue;
pub mod report;
pub mod run;
pub mod scenario;
pub mod scenarios;
pub mod score;
pub mod settings;
pub mod sizing;
pub mod swarm;
pub mod venue;
