//! How far the bringing of a price is.

/// How far the bringing of a price is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftStep {
    /// What was signed is written to an account of its own, where the source's prices need one.
    Open,
    /// It is verified, and the price stored.
    Post,
    /// It is given up: that account is closed.
    Close,
}
