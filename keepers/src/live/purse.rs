//! What the keeper's wallet holds: an empty one lands nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use holdfast_client::Pubkey;

use crate::rpc::Endpoint;

/// How often the endpoints are asked.
const EVERY: Duration = Duration::from_secs(30);

/// Lamports that the wallet held when last seen.
#[derive(Default)]
pub struct Purse(AtomicU64);

impl Purse {
    /// What it was seen to hold.
    pub const fn holding(lamports: u64) -> Self {
        Self(AtomicU64::new(lamports))
    }

    /// Lamports.
    pub fn lamports(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Looks again and again, without end.
    pub async fn watch(&self, endpoints: &[Endpoint], wallet: Pubkey) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.look(endpoints, wallet).await;
        }
    }

    /// Asks one endpoint after the other until one answers.
    async fn look(&self, endpoints: &[Endpoint], wallet: Pubkey) {
        for endpoint in endpoints {
            if let Ok(found) = endpoint.account(&wallet).await {
                self.0.store(found.map_or(0, |found| found.lamports), Ordering::Relaxed);
                return;
            }
        }
    }
}

#[cfg(test)]
#[path = "../purse_tests.rs"]
mod tests;
