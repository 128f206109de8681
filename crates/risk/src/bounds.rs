//! Naming the setting that leaves its bounds, so that whoever proposed it knows which to change.

use core::fmt;

/// A setting, what it has to be, and whether it is.
pub type Bound = (&'static str, &'static str, bool);

/// A setting that leaves its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds {
    /// Its name, as in the instruction's arguments.
    pub setting: &'static str,
    /// What it has to be.
    pub rule: &'static str,
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} has to be {}", self.setting, self.rule)
    }
}

/// Whether every bound holds.
///
/// # Errors
/// The first setting that leaves its bounds.
pub fn check(bounds: &[Bound]) -> Result<(), OutOfBounds> {
    let broken = bounds.iter().find(|(_, _, holds)| !holds);
    broken.map_or(Ok(()), |&(setting, rule, _)| Err(OutOfBounds { setting, rule }))
}
