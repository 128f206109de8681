//! What an intent says of a price that is brought: of which feed, and how far it is.

use std::fmt;

use super::Source;

/// A provider's name of a feed. It is shown in hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedId {
    /// Whose feed.
    pub source: Source,
    /// Which, as markets list it.
    pub id: [u8; 32],
}

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

impl fmt::Display for FeedId {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.id.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for FeedId {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
