//! The drill: a venue full of accounts lives through a recorded or built-in price path, with the
//! keeper's own decision code looking after it, on the compiled program.

mod measure;
mod picture;
mod population;
mod report;
mod run;
mod running;

pub use picture::draw;
pub use report::{Percentiles, Report};
pub use run::{Drill, Progress};
