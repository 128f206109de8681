//! Whether the program that is about to be deployed reads the accounts that a cluster holds.

use std::collections::BTreeMap;

use holdfast_client::Pubkey;
use holdfast_client::layout::Layout;

use crate::Cluster;

/// Discriminator and layout version.
const HEAD: usize = 9;

/// Counts the program's accounts by kind, having checked the layout version and the size of each.
///
/// The layouts known are those of the source this was built from, so it has to be built from the
/// same source as the program it deploys.
///
/// # Errors
/// A sentence naming the first account that this version does not read.
pub fn check_layouts(
    cluster: &mut impl Cluster,
    program: &Pubkey,
) -> Result<BTreeMap<&'static str, usize>, String> {
    let mut counts = BTreeMap::new();
    for head in cluster.accounts_of(program, &[], HEAD)? {
        let layout = Layout::identify(&head.data, head.length).map_err(|reason| {
            format!(
                "the account {} would be lost to the new program ({reason}): upgrade to a version \
                 that reads it",
                head.address
            )
        })?;
        *counts.entry(layout.name).or_default() += 1;
    }
    Ok(counts)
}
