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
}
