//! A keeper's mirror of a venue, as it is read from the cluster.

use std::collections::BTreeMap;

use holdfast_client::{Pubkey, feed};
use holdfast_keeper_core::VenueSnapshot;
use holdfast_testkit::Venue;

/// The venue with these margin accounts, before anything is known of its feeds.
pub fn mirror(venue: &Venue, accounts: impl IntoIterator<Item = Pubkey>) -> VenueSnapshot {
    let markets = venue.markets.iter().enumerate();
    VenueSnapshot {
        silo_address: venue.silo,
        silo: venue.silo_state(),
        chain_health: venue.chain_health(),
        exchange: None,
        markets: markets.map(|(index, address)| (*address, venue.market(index))).collect(),
        accounts: accounts.into_iter().map(|it| (it, venue.account(&it))).collect(),
        requests: BTreeMap::new(),
        changes: BTreeMap::new(),
        feeds: BTreeMap::new(),
        slot: venue.cluster.slot(),
    }
}

/// Takes over what the feed account at an address says now.
pub fn hear(mirror: &mut VenueSnapshot, venue: &Venue, address: Pubkey) {
    let account = venue.cluster.get(&address);
    let said = account.and_then(|it| feed::read(&address, &it.owner, &it.data));
    mirror.feeds.extend(said.map(|said| (address, said)));
}
