//! Would margin be better if it looked further? Initial margin as it is, from one mean of squared
//! minutes, beside a candidate that takes the largest of a fast mean, a slow mean and a price's
//! uncertainty: fitted on some months and judged on others, at equal margin on calm days.

mod looks;
mod margins;
mod study;
mod table;

pub use looks::{Look, Month};
pub use margins::{Margin, wait};
pub use study::{Candidate, Compared, Finding, Study};
