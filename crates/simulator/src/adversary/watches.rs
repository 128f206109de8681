//! Who is watched: accounts that fail maintenance.

use std::collections::BTreeMap;

use holdfast_client::Pubkey;

/// Accounts that fail maintenance, and for how long.
#[derive(Clone, Debug, Default)]
pub struct Watches {
    pub(super) failing: BTreeMap<Pubkey, Failing>,
    /// How often one failed for too long.
    pub violations: u32,
}

/// For how many seconds an account has failed in which the prices of all its markets could be used, and
/// what it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failing {
    pub(super) seconds: usize,
    pub(super) sizes: [i64; 2],
}
