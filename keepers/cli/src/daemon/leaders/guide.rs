//! What the leader service is told: slots by the keeper, everything else by whichever endpoint
//! answers. Its own client would write addresses with their keys into the log.

use std::collections::HashMap;
use std::net::SocketAddr;

use futures_util::future::BoxFuture;
use futures_util::stream::unfold;
use futures_util::{FutureExt, Stream, StreamExt};
use holdfast_client::Pubkey;
use solana_tpu_client_next::node_address_service::leader_tpu_cache_service::Error;
use solana_tpu_client_next::node_address_service::{ClusterInfoProvider, SlotEvent};
use tokio::sync::oneshot;

use super::super::Endpoints;
use super::super::reports::Reports;
use holdfast_rpc::Endpoint;

/// Endpoints in the order they are asked.
pub struct Guide {
    endpoints: Endpoints,
    reports: Reports,
    /// Dropped with the guide, when the service that asks has ended.
    _held: oneshot::Sender<()>,
}

impl Guide {
    /// A guide, and what ends when it is no longer needed.
    pub fn new(endpoints: Endpoints, reports: Reports) -> (Self, oneshot::Receiver<()>) {
        let (held, dropped) = oneshot::channel();
        (Self { endpoints, reports, _held: held }, dropped)
    }

    /// What the first endpoint says that says anything.
    fn first<'a, T: Send + 'a>(
        &'a self,
        ask: impl Fn(&'a Endpoint) -> BoxFuture<'a, Result<T, String>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, Error>> {
        async move {
            let mut silent = String::new();
            for endpoint in self.endpoints.iter() {
                match ask(endpoint).await {
                    Ok(said) => return Ok(said),
                    Err(reason) => silent = reason,
                }
            }
            Err(Error::SlotLeadersConnectionFailed(silent))
        }
        .boxed()
    }
}

/// The signatures are what `async_trait` makes of them.
impl ClusterInfoProvider for Guide {
    fn initial_slot<'a, 'b>(&'a self) -> BoxFuture<'b, Result<u64, Error>>
    where
        'a: 'b,
    {
        let next = Box::pin(slots(self.reports.clone())).into_future();
        let slot = next.map(|(slot, _)| slot.map(|slot| slot.slot()));
        slot.map(|slot| slot.ok_or(Error::ChannelClosed)).boxed()
    }

    fn tpu_socket_map<'a, 'b>(&'a self) -> BoxFuture<'b, Result<HashMap<Pubkey, SocketAddr>, Error>>
    where
        'a: 'b,
    {
        self.first(|endpoint| endpoint.transaction_ports().boxed())
    }

    fn epoch_info<'a, 'b>(&'a self, slot: u64) -> BoxFuture<'b, Result<(u64, u64), Error>>
    where
        'a: 'b,
    {
        self.first(move |endpoint| endpoint.epoch_of(slot).boxed())
    }

    fn slot_leaders<'a, 'b>(
        &'a self,
        first: u64,
        count: u64,
    ) -> BoxFuture<'b, Result<Vec<Pubkey>, Error>>
    where
        'a: 'b,
    {
        self.first(move |endpoint| endpoint.leaders(first, count).boxed())
    }
}

/// The newest slot, whenever the keeper knows of another.
pub fn slots(reports: Reports) -> impl Stream<Item = SlotEvent> + Send + 'static {
    unfold((reports, 0), |(mut reports, last)| async move {
        let slot = reports.wait_for(|(_, report)| report.slot != last).await.ok()?.1.slot;
        Some((SlotEvent::Start(slot), (reports, slot)))
    })
}
