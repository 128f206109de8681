//! How often each kind of action was accepted.

use std::collections::BTreeMap;
use std::fmt;

use crate::action::Kind;

/// Accepted and refused actions by kind.
#[derive(Default)]
pub struct Tally(BTreeMap<Kind, (u32, u32)>);

impl Tally {
    /// Counts an action.
    pub fn count(&mut self, kind: Kind, accepted: bool) {
        let (taken, refused) = self.0.entry(kind).or_default();
        *(if accepted { taken } else { refused }) += 1;
    }

    /// A walk that is mostly refused checks nothing.
    pub fn check(&self) {
        for (kind, (accepted, refused)) in &self.0 {
            let total = accepted + refused;
            if *kind == Kind::Foreign {
                assert_eq!(*accepted, 0, "another silo's accounts are never accepted");
                continue;
            }
            // Hardly anybody owes so much.
            if *kind == Kind::WriteOff {
                continue;
            }
            // There is not always someone to liquidate.
            let share = if matches!(kind, Kind::Flag | Kind::Liquidate) { 60 } else { 10 };
            assert!(accepted * share >= total, "{kind:?}: {accepted} of {total} accepted");
            assert!(*accepted >= 5, "{kind:?}: only {accepted} accepted");
        }
        assert_eq!(self.0.len(), 24, "every kind was drawn");
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
