//! Putting words into the venue's memory.

use holdfast_client::address;
use holdfast_client::holdfast::state::MonitorState;
use holdfast_tests::Stage;

/// Rewrites what the venue remembers of the chain, to start a test from anywhere.
pub fn remember(stage: &mut Stage, change: impl FnOnce(&mut MonitorState)) {
    let address = address::chain_health();
    let mut account = stage.venue.cluster.get(&address).unwrap();
    let mut health = stage.health();
    change(&mut health.monitor);
    account.data.truncate(8);
    account.data.extend_from_slice(bytemuck::bytes_of(&health));
    stage.venue.cluster.set(address, account);
}
