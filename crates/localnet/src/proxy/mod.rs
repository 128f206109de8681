//! A stand-in for somebody's RPC provider: hands on what it is asked, and can be told to go wrong
//! while it runs.

mod http;
mod socket;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use lru::LruCache;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use tokio::net::TcpListener;

/// How many answers a proxy remembers: far more than keepers ask over and over, far fewer than the
/// transactions they ask about.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// What is wrong with a proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProxyFault {
    /// It says what it said last, calls itself well, takes transactions and loses them; its streams
    /// stay open and silent.
    pub frozen: bool,
    /// Share of the transactions that it takes and loses, from 0 to 1.
    pub loses: f64,
}

/// A proxy's switch and its counts.
pub struct Proxy {
    upstream: String,
    socket: String,
    fault: Mutex<ProxyFault>,
    /// The last answer to each question.
    said: Mutex<LruCache<String, Value>>,
    dice: Mutex<SmallRng>,
    taken: AtomicU64,
    lost: AtomicU64,
}

impl Proxy {
    /// Serves the endpoint at `upstream` on `port`, and its WebSocket, one port up, on the next.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub async fn start(upstream_port: u16, port: u16, seed: u64) -> Result<Arc<Self>> {
        let proxy = Arc::new(Self::new(upstream_port, upstream_port + 1, seed));
        tokio::spawn(http::serve(proxy.clone(), listen(port).await?));
        tokio::spawn(socket::serve(proxy.clone(), listen(port + 1).await?));
        Ok(proxy)
    }

    fn new(upstream: u16, socket: u16, seed: u64) -> Self {
        Self {
            upstream: format!("http://127.0.0.1:{upstream}"),
            socket: format!("ws://127.0.0.1:{socket}"),
            fault: Mutex::default(),
            said: Mutex::new(LruCache::new(REMEMBERED)),
            dice: Mutex::new(SmallRng::seed_from_u64(seed)),
            taken: AtomicU64::default(),
            lost: AtomicU64::default(),
        }
    }

    /// Makes it go wrong, or right again.
    pub fn set(&self, fault: ProxyFault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Transactions taken, and of them those lost.
    pub fn counts(&self) -> (u64, u64) {
        (self.taken.load(Ordering::Relaxed), self.lost.load(Ordering::Relaxed))
    }

    fn is_frozen(&self) -> bool {
        self.fault().frozen
    }

    fn fault(&self) -> ProxyFault {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the next transaction gets lost.
    fn loses(&self) -> bool {
        let ProxyFault { frozen, loses } = self.fault();
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = frozen || dice.random::<f64>() < loses;
        self.taken.fetch_add(1, Ordering::Relaxed);
        self.lost.fetch_add(u64::from(lost), Ordering::Relaxed);
        lost
    }
}

async fn listen(port: u16) -> Result<TcpListener> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpListener::bind(address).await.with_context(|| format!("{address} cannot be had"))
}

#[cfg(test)]
mod tests;
