//! Changes that nobody announced to this keeper: with a guardian's key it takes them back.

use std::collections::BTreeSet;

use holdfast_client::Pubkey;
use holdfast_client::decode::content_hash;

use crate::{Intent, VenueSnapshot};

/// What to take back as `guardian`: every change whose hash is not among those announced, but the
/// guardian's own removal, which it cannot. Those that only the proposer's loss of the admin's key
/// has voided are removed as well: nobody announced them either.
pub fn unannounced(
    mirror: &VenueSnapshot,
    announced: &BTreeSet<[u8; 32]>,
    guardian: Pubkey,
) -> Vec<Intent> {
    let Some(exchange) = mirror.exchange.filter(|it| it.is_guardian(&guardian)) else {
        return Vec::new();
    };
    let foreign = mirror.changes.values().filter(|change| {
        !announced.contains(&content_hash(&change.content))
            && change.content.removes(&exchange) != Some(guardian)
    });
    let intents = foreign.map(|change| Intent::CancelChange {
        number: change.number,
        proposer: change.proposer,
        guardian,
    });
    intents.collect()
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
