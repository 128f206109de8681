//! What the keeper's wallet holds: an empty one lands nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use holdfast_client::Pubkey;
use solana_commitment_config::CommitmentConfig;

use holdfast_rpc::Endpoint;

/// How often the endpoints are asked.
const EVERY: Duration = Duration::from_secs(30);

/// Lamports that the wallet held when last seen.
#[derive(Default)]
pub struct WalletBalance(AtomicU64);

impl WalletBalance {
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

    /// Asks every endpoint: the one that is furthest is right. One that stands still answers too.
    async fn look(&self, endpoints: &[Endpoint], wallet: Pubkey) {
        let commitment = CommitmentConfig::processed();
        let asked = endpoints.iter().map(async |endpoint| {
            let (slot, found) = endpoint.accounts_at(&[wallet], commitment).await.ok()?;
            Some((slot, found.into_iter().flatten().map(|found| found.lamports).sum()))
        });
        let newest = join_all(asked).await.into_iter().flatten().max();
        if let Some((_, lamports)) = newest {
            self.0.store(lamports, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
#[path = "wallet_balance_tests.rs"]
mod tests;
