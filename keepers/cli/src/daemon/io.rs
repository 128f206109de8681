//! Carrying commands out: each in a task of its own, which reports by an event.

use std::sync::Arc;

use holdfast_client::Pubkey;
use holdfast_keeper_core::keeper::{Command, Event, Io};
use solana_keypair::Keypair;
use solana_message::Hash;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{debug, warn};

use super::leaders::{Counts, Leaders};
use super::reports::Reports;
use super::{Endpoints, stream};
use holdfast_rpc::{Address, Endpoint, NoPart, Part, Probed, refusal};

/// Endpoints and streams of a real cluster.
pub struct RpcIo {
    endpoints: Endpoints,
    /// The same, asked for parts of snapshots.
    for_parts: Endpoints,
    streams: Vec<(Address, Option<JoinHandle<()>>)>,
    events: mpsc::Sender<Event>,
    leaders: Option<Leaders>,
}

impl RpcIo {
    pub fn new(
        endpoints: Vec<Endpoint>,
        streams: Vec<Address>,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let streams = streams.into_iter().map(|address| (address, None)).collect();
        let for_parts = Arc::new(endpoints.iter().map(Endpoint::for_parts).collect());
        Self { endpoints: Arc::new(endpoints), for_parts, streams, events, leaders: None }
    }

    /// From now on leaders are sent to as well.
    pub fn reach_leaders(&mut self, identity: Keypair, reports: Reports, counts: Arc<Counts>) {
        let leaders = Leaders::start(self.endpoints.clone(), identity, reports, counts);
        self.leaders = Some(leaders);
    }

    /// Closes connections that should not just end.
    pub async fn stop(self) {
        if let Some(leaders) = self.leaders {
            leaders.stop().await;
        }
    }

    /// Where the keeper hears what happened.
    pub fn events(&self) -> mpsc::Sender<Event> {
        self.events.clone()
    }

    /// Where an endpoint is, without keys.
    pub fn address(&self, endpoint: usize) -> String {
        self.endpoints.get(endpoint).map(|known| known.address.to_string()).unwrap_or_default()
    }

    /// Asks one endpoint in a task, and hands on what comes of it.
    fn ask<F>(&self, endpoint: usize, ask: impl FnOnce(Endpoints, usize) -> F)
    where
        F: Future<Output = Event> + Send + 'static,
    {
        let (events, answer) = (self.events.clone(), ask(self.endpoints.clone(), endpoint));
        tokio::spawn(async move {
            let event = answer.await;
            // The keeper is gone: nobody wants to know.
            let _ = events.send(event).await;
        });
    }

    fn open(&mut self, stream: usize, feeds: Vec<Pubkey>) {
        let Some((address, running)) = self.streams.get_mut(stream) else { return };
        if let Some(running) = running.take() {
            running.abort();
        }
        let told = stream::follow(stream, address.clone(), feeds, self.events.clone());
        *running = Some(tokio::spawn(told));
    }

    fn send(&self, endpoints: Vec<usize>, transaction: &VersionedTransaction) {
        if let Some(leaders) = &self.leaders {
            leaders.send(transaction);
        }
        for endpoint in endpoints {
            let (all, transaction) = (self.endpoints.clone(), transaction.clone());
            tokio::spawn(async move {
                let Some(endpoint) = all.get(endpoint) else { return };
                if let Err(reason) = endpoint.send(&transaction).await {
                    // Whether it landed is asked of the chain, not of who took it.
                    debug!(%reason, "not taken");
                }
            });
        }
    }
}

impl Io for RpcIo {
    fn begin(&mut self, command: Command) {
        match command {
            Command::Probe { endpoint, accounts, other } => {
                self.ask(endpoint, |all, endpoint| probe(all, endpoint, accounts, other));
            }
            Command::Part { endpoint, part } => {
                let all = self.for_parts.clone();
                self.ask(endpoint, |_, endpoint| read_part(all, endpoint, part));
            }
            Command::Fates { endpoint, transactions } => {
                self.ask(endpoint, |all, endpoint| fates(all, endpoint, transactions));
            }
            Command::Look { endpoint, accounts } => {
                let (events, all) = (self.events.clone(), self.endpoints.clone());
                tokio::spawn(async move {
                    let Some(asked) = all.get(endpoint) else { return };
                    match asked.look(&accounts).await {
                        // The keeper is gone: nobody wants to know.
                        Ok(shown) => drop(events.send(Event::Looked { endpoint, shown }).await),
                        Err(reason) => debug!(%reason, "no look"),
                    }
                });
            }
            Command::Simulate { endpoint, simulation, since, transaction } => {
                self.ask(endpoint, |all, endpoint| async move {
                    let result = match all.get(endpoint) {
                        Some(asked) => asked.judge(&transaction, since).await,
                        None => None,
                    };
                    Event::Simulated { simulation, endpoint, result }
                });
            }
            Command::Open { stream, feeds } => self.open(stream, feeds),
            Command::Send { endpoints, transaction } => self.send(endpoints, &transaction),
        }
    }
}

async fn probe(
    all: Endpoints,
    endpoint: usize,
    accounts: Vec<Pubkey>,
    other: Option<Hash>,
) -> Event {
    let Some(asked) = all.get(endpoint) else { return Event::NoProgress { endpoint } };
    match asked.progress(&accounts, other).await {
        Ok(Probed { progress, fees, vouched }) => {
            Event::Progress { endpoint, progress, fees, vouched: other.filter(|_| vouched) }
        }
        Err(reason) => {
            debug!(%reason, "no progress");
            Event::NoProgress { endpoint }
        }
    }
}

async fn read_part(all: Endpoints, endpoint: usize, part: Part) -> Event {
    let Some(asked) = all.get(endpoint) else {
        return Event::NoPart { endpoint, part, too_long: false };
    };
    match asked.part(&part).await {
        Ok((slot, shown)) => Event::Part { endpoint, part, slot, shown },
        Err(NoPart::TooLong) => Event::NoPart { endpoint, part, too_long: true },
        Err(NoPart::Failed(reason)) => {
            warn!(%reason, "a part of a snapshot did not come");
            Event::NoPart { endpoint, part, too_long: false }
        }
    }
}

async fn fates(all: Endpoints, endpoint: usize, transactions: Vec<(Signature, u64)>) -> Event {
    let Some(asked) = all.get(endpoint) else { return Event::NoFates { endpoint } };
    match asked.looks(&transactions).await {
        Ok(looks) => {
            let signatures = transactions.into_iter().map(|(signature, _)| signature);
            let looks = looks.into_iter().map(|look| look.map(|error| refusal(&error)));
            Event::Fates { endpoint, looks: signatures.zip(looks).collect() }
        }
        Err(reason) => {
            debug!(%reason, "no fates");
            Event::NoFates { endpoint }
        }
    }
}
