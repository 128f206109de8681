//! How often each kind of action was accepted.

use std::collections::BTreeMap;
use std::fmt;

use crate::action::Kind;

/// Accepted and refused actions by kind.
#[derive(Default)]
pub struct Tally(pub BTreeMap<Kind, (u32, u32)>);

impl Tally {
    /// Counts an action.
    pub fn count(&mut self, kind: Kind, accepted: bool) {
        let (taken, refused) = self.0.entry(kind).or_default();
        *(if accepted { taken } else { refused }) += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, (accepted, refused)) in &self.0 {
            writeln!(to, "{kind:?}: {accepted} of {}", accepted + refused)?;
        }
        Ok(())
    }
}
