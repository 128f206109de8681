//! What tests of following share: somebody who follows, and hosts on this machine.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, Uri};
use futures_util::StreamExt;
use futures_util::stream::{iter, pending, unfold};
use holdfast_client::Pubkey;
use holdfast_keeper_core::keeper::{Event, Report};
use holdfast_keeper_core::posting::{Offer, Source, SourceReport, WantedFeed};
use holdfast_risk::Millis;
use holdfast_rpc::Address;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{Counts, Following, Patience, Refusal};
use crate::loopback::{report, serve};

pub const NOW: u64 = 1_700_000_000_000;
pub const ID: [u8; 32] = [7; 32];
/// The slot that the keeper's endpoints show.
pub const SLOT: u64 = 1_000_000;
/// The price of a host that behaves.
pub const TRUE: u64 = 150_000_000;

/// Short, because tests wait for it to be over, and long enough for a busy machine to answer.
const PATIENCE: Patience = Patience {
    answers: Duration::from_secs(1),
    quiet: Duration::from_secs(1),
    asks: Duration::from_millis(10),
    times: 3,
};

/// A feed that is wanted, in the account of the same name.
pub fn wanted(id: [u8; 32]) -> WantedFeed {
    WantedFeed { id, account: Pubkey::from(id) }
}

/// Somebody who follows, and what reaches the keeper.
pub struct Stage {
    pub reports: watch::Sender<(Instant, Report)>,
    pub heard: mpsc::Receiver<Event>,
    pub counts: Arc<Counts>,
    pub task: JoinHandle<()>,
}

impl Stage {
    pub fn follow(source: Source, hosts: Vec<Address>) -> Self {
        let mut wants = report();
        let feeds = vec![wanted(ID)];
        wants.posting.sources.insert(source, SourceReport { feeds, ..SourceReport::default() });
        (wants.venue_now, wants.slot) = (Millis(NOW), SLOT);
        let (reports, seen) = watch::channel((Instant::now(), wants));
        let (events, heard) = mpsc::channel(16);
        let counts = Arc::<Counts>::default();
        let (patience, told) = (PATIENCE, counts.clone());
        let follows = Following { source, hosts, patience, reports: seen, events, counts: told };
        Self { reports, heard, counts, task: tokio::spawn(follows.supervise()) }
    }

    /// The next price.
    pub async fn price(&mut self) -> Arc<Offer> {
        let heard = self.heard.recv().await;
        let Some(Event::Offered { mut prices, .. }) = heard else { panic!("{heard:?}") };
        prices.remove(0)
    }

    pub fn refused(&self) -> Vec<(&'static str, u64)> {
        let counts = self.counts.refused.iter().map(|count| count.load(Relaxed));
        Refusal::NAMES.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect()
    }
}

/// A body of these parts that then says nothing more.
pub fn parts(parts: Vec<Vec<u8>>) -> Body {
    let parts = iter(parts.into_iter().map(Ok::<_, Infallible>));
    Body::from_stream(parts.chain(pending()))
}

/// A body that goes on for ever with something that never becomes an event.
pub fn trickle() -> Body {
    let bytes = unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Some((Ok::<_, Infallible>(b"x".to_vec()), ()))
    });
    Body::from_stream(bytes)
}

pub async fn host(answers: impl Fn(&Uri) -> Response<Body> + Send + Sync + 'static) -> Address {
    serve(move |uri, _| answers(&uri)).await.address
}
