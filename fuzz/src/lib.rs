//! Everything that reads bytes from outside, each as a function that takes any bytes at all.
//!
//! A function panics when what it tries panics, or breaks a promise that its documentation names;
//! refusing the bytes is fine. `cargo xtask fuzz TARGET` searches for bytes that make it panic, and
//! `cargo xtask test` tries those in `corpus/` again. A search starts from the same corpus, so every
//! file there should reach something that the others do not.

mod accounts;
mod catalogue;
mod change_file;
mod config;
mod deployment;
mod events;
mod feeds;
mod instructions;
mod json_rpc;
mod manifest;
mod prices;
mod pyth_updates;
mod scenario;
mod scratch;
mod slot_times;

pub use accounts::accounts;
pub use catalogue::catalogue;
pub use change_file::change_file;
pub use config::config;
pub use deployment::deployment;
pub use events::events;
pub use feeds::feeds;
pub use instructions::instructions;
pub use json_rpc::json_rpc;
pub use manifest::manifest;
pub use prices::prices;
pub use pyth_updates::pyth_updates;
pub use scenario::scenario;
pub use slot_times::slot_times;

/// What became of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// They were what is read there.
    Accepted,
    /// They were not, and an error said so.
    Refused,
}

impl<T, E> From<&Result<T, E>> for Outcome {
    fn from(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Accepted } else { Self::Refused }
    }
}

/// The bytes of a file that holds text.
fn text(data: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(data).map_err(|error| error.to_string())
}
