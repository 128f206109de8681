//! What the lab found: one page for people, one object and one table for machines, and a summary for
//! the terminal.

mod chart;
mod economics;
mod figures;
mod findings;
mod page;
mod table;
mod write;

pub use findings::{Report, Verdict};
pub use table::terminal;
pub use write::write;
