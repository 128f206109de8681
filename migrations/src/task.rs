//! What there is to do about the program.

use serde::Serialize;

/// What has to be done about the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgramTask {
    /// Nothing: it is the one given.
    Nothing,
    /// There is none.
    Deploy,
    /// Another version is there.
    Upgrade {
        /// Bytes it has to be extended by before.
        extend: usize,
    },
    /// Another version is there, and it is replaced by a change.
    Propose {
        /// Bytes it has to be extended by before.
        extend: usize,
    },
    /// The change that replaces it is proposed: nothing but waiting, and applying it then.
    Proposed {
        /// The change.
        number: u64,
    },
}

impl ProgramTask {
    /// Whether a migration has nothing to do about it.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Nothing | Self::Proposed { .. })
    }
}
