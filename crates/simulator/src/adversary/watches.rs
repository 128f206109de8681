//! Who is watched: accounts that fail maintenance.

use std::collections::BTreeMap;

use holdfast_client::Pubkey;

/// Accounts that fail maintenance, and since when.
#[derive(Clone, Debug, Default)]
pub struct Watches {
    pub(super) failing: BTreeMap<Pubkey, Failing>,
    /// How often one failed for too long.
    pub violations: u32,
}

/// Since when an account fails, and what it held then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failing {
    pub(super) since: usize,
    pub(super) sizes: [i64; 2],
}
