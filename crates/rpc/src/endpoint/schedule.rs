//! Who leads when, and where leaders listen.

use std::collections::HashMap;
use std::net::SocketAddr;

use holdfast_client::Pubkey;

use super::Endpoint;

impl Endpoint {
    /// Where nodes take transactions over QUIC, by their identity.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn transaction_ports(&self) -> Result<HashMap<Pubkey, SocketAddr>, String> {
        let nodes = self.asked(self.client.get_cluster_nodes()).await?;
        let ports = nodes.into_iter().filter_map(|node| {
            let identity = node.pubkey.parse().ok()?;
            Some((identity, node.tpu_quic?))
        });
        Ok(ports.collect())
    }

    /// Of the epoch that `slot` is in, how many slots it has and which is its last.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn epoch_of(&self, slot: u64) -> Result<(u64, u64), String> {
        let schedule = self.asked(self.client.get_epoch_schedule()).await?;
        let epoch = schedule.get_epoch(slot);
        Ok((schedule.get_slots_in_epoch(epoch), schedule.get_last_slot_in_epoch(epoch)))
    }

    /// The leaders of this many slots from `first` on.
    ///
    /// # Errors
    /// A sentence when the endpoint does not answer.
    pub async fn leaders(&self, first: u64, count: u64) -> Result<Vec<Pubkey>, String> {
        self.asked(self.client.get_slot_leaders(first, count)).await
    }
}
