//! Sending to the current and the next leaders over QUIC, besides the endpoints. Nothing here holds
//! endpoints up: what cannot be taken at once is dropped.

mod guide;

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use solana_keypair::Keypair;
use solana_tpu_client_next::node_address_service::{
    LeaderTpuCacheServiceConfig, NodeAddressService,
};
use solana_tpu_client_next::{
    Client, ClientBuilder, ClientError, SendTransactionStats, TransactionSender,
};
use solana_transaction::versioned::VersionedTransaction;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep, timeout};
use tracing::{info, warn};

use super::Endpoints;
use super::reports::Reports;
use guide::{Guide, slots};

/// The current leader and the next.
const LEADERS: u8 = 2;
/// Transactions that wait to be passed on, at most.
const WAITING: usize = 256;
/// Transactions that wait for a connection, at most.
const CONNECTING: usize = 64;
/// How long after it failed the service is started again.
const PAUSE: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 10 });
/// How often what became of transactions is counted.
const COUNTED: Duration = Duration::from_secs(1);
/// How long connections may take to close.
const FAREWELL: Duration = Duration::from_secs(2);

/// What was counted since the start.
#[derive(Default)]
pub struct Counts {
    /// Transactions that a leader took, once for each leader.
    pub sent: AtomicU64,
    /// Connections and streams to leaders that failed.
    pub failed: AtomicU64,
    /// Transactions that were not passed on, because the service was not there or not fast enough.
    pub dropped: AtomicU64,
    /// How often the service was started.
    pub starts: AtomicU64,
}

/// Takes transactions for leaders.
pub struct Leaders {
    transactions: mpsc::Sender<Vec<u8>>,
    /// Dropped when they are no longer wanted.
    _wanted: oneshot::Sender<()>,
    counts: Arc<Counts>,
    running: JoinHandle<()>,
}

/// What runs while leaders are known.
struct Service {
    sender: TransactionSender,
    client: Client,
    /// Ends when nobody looks for leaders any more.
    lost: oneshot::Receiver<()>,
}

/// What the service is started from.
struct Plan {
    endpoints: Endpoints,
    identity: Keypair,
    reports: Reports,
    counts: Arc<Counts>,
}

impl Leaders {
    /// Begins to look for leaders, by the endpoints' word and the slots in the keeper's reports;
    /// connections are made with `identity`.
    pub fn start(
        endpoints: Endpoints,
        identity: Keypair,
        reports: Reports,
        counts: Arc<Counts>,
    ) -> Self {
        let (transactions, waiting) = mpsc::channel(WAITING);
        let (wanted, unwanted) = oneshot::channel();
        let plan = Plan { endpoints, identity, reports, counts: counts.clone() };
        let running = tokio::spawn(plan.keep_up(waiting, unwanted));
        Self { transactions, _wanted: wanted, counts, running }
    }

    /// Hands a transaction over, if there is room for it.
    pub fn send(&self, transaction: &VersionedTransaction) {
        let handed = bincode::serialize(transaction)
            .is_ok_and(|bytes| self.transactions.try_send(bytes).is_ok());
        if !handed {
            self.counts.dropped.fetch_add(1, Relaxed);
        }
    }

    /// Closes the connections.
    pub async fn stop(self) {
        let Self { transactions, _wanted: wanted, running, .. } = self;
        drop((transactions, wanted));
        let _ = running.await;
    }
}

impl Plan {
    /// Keeps the service running until nobody hands transactions over any more.
    async fn keep_up(
        self,
        mut waiting: mpsc::Receiver<Vec<u8>>,
        mut unwanted: oneshot::Receiver<()>,
    ) {
        loop {
            self.counts.starts.fetch_add(1, Relaxed);
            let started = tokio::select! {
                started = self.begin() => started,
                _ = &mut unwanted => return,
            };
            match started {
                Ok(service) => {
                    info!("sending to leaders");
                    if service.pass_on(&mut waiting, &self.counts).await {
                        return;
                    }
                    warn!("the service that knows the leaders ended: it is started again");
                }
                Err(reason) => warn!(%reason, "leaders are not known: it is tried again"),
            }
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = self.drop_all(&mut waiting) => return,
            }
        }
    }

    /// Drops what is handed over, until nothing is any more.
    async fn drop_all(&self, waiting: &mut mpsc::Receiver<Vec<u8>>) {
        while waiting.recv().await.is_some() {
            self.counts.dropped.fetch_add(1, Relaxed);
        }
    }

    async fn begin(&self) -> Result<Service, String> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0));
        let socket = socket.map_err(|reason| format!("no UDP port can be had ({reason})"))?;
        let (guide, lost) = Guide::new(self.endpoints.clone(), self.reports.clone());
        let config =
            LeaderTpuCacheServiceConfig { lookahead_leaders: LEADERS, ..Default::default() };
        let (slots, cancel) = (slots(self.reports.clone()), Default::default());
        let leaders = NodeAddressService::run(Arc::new(guide), slots, config, cancel).await;
        let leaders = leaders.map_err(|reason| reason.to_string())?;
        let counts = self.counts.clone();
        let (sender, client) = ClientBuilder::new(Box::new(leaders))
            .bind_socket(socket)
            .identity(&self.identity)
            .leader_send_fanout(usize::from(LEADERS))
            .worker_channel_size(CONNECTING)
            .metric_reporter(|stats, stopped| async move {
                let mut often = interval(COUNTED);
                while stopped.run_until_cancelled(often.tick()).await.is_some() {
                    counts.take(&stats);
                }
                counts.take(&stats);
            })
            .build()
            .map_err(|reason| reason.to_string())?;
        Ok(Service { sender, client, lost })
    }
}

impl Service {
    /// Passes transactions on; says whether that was all of them, rather than the service's end.
    async fn pass_on(mut self, waiting: &mut mpsc::Receiver<Vec<u8>>, counts: &Counts) -> bool {
        let all = loop {
            let transaction = tokio::select! {
                transaction = waiting.recv() => transaction,
                _ = &mut self.lost => break false,
            };
            let Some(transaction) = transaction else { break true };
            match self.sender.try_send_transactions_in_batch(vec![transaction]) {
                Ok(()) => {}
                Err(ClientError::TrySendError(TrySendError::Full(_))) => {
                    counts.dropped.fetch_add(1, Relaxed);
                }
                Err(_) => break false,
            }
        };
        // It may hang in a request; then its tasks end with it.
        let _ = timeout(FAREWELL, self.client.shutdown()).await;
        all
    }
}

impl Counts {
    /// Adds what happened since the last time.
    fn take(&self, stats: &SendTransactionStats) {
        let seen = stats.read_and_reset();
        self.sent.fetch_add(seen.successfully_sent, Relaxed);
        let failed = [
            seen.connect_error_cids_exhausted,
            seen.connect_error_invalid_remote_address,
            seen.connect_error_other,
            seen.connection_error_application_closed,
            seen.connection_error_cids_exhausted,
            seen.connection_error_connection_closed,
            seen.connection_error_reset,
            seen.connection_error_timed_out,
            seen.connection_error_transport_error,
            seen.connection_error_version_mismatch,
            seen.write_error_closed_stream,
            seen.write_error_connection_lost,
            seen.write_error_stopped,
            seen.write_error_zero_rtt_rejected,
        ];
        self.failed.fetch_add(failed.iter().sum(), Relaxed);
    }
}

#[cfg(test)]
mod tests;
