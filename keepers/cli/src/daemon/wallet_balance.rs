//! What the keeper's wallet holds: an empty one lands nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use holdfast_client::Pubkey;
use holdfast_keeper_core::keeper::Event;
use solana_commitment_config::CommitmentConfig;
use tokio::sync::mpsc::Sender;

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

    /// Looks again and again, and tells the keeper, until that is gone.
    pub async fn watch(&self, endpoints: &[Endpoint], wallet: Pubkey, events: Sender<Event>) {
        while events.send(Event::Wallet { lamports: self.lamports() }).await.is_ok() {
            tokio::time::sleep(EVERY).await;
            self.look(endpoints, wallet).await;
        }
    }

    /// Asks every endpoint, of which no single one decides: the one in the middle is right. Of two it is the
    /// one that is further, because one that stands still answers too.
    async fn look(&self, endpoints: &[Endpoint], wallet: Pubkey) {
        let commitment = CommitmentConfig::processed();
        let asked = endpoints.iter().map(async |endpoint| {
            let (slot, found) = endpoint.accounts_at(&[wallet], commitment).await.ok()?;
            let lamports: u64 = found.into_iter().flatten().map(|found| found.lamports).sum();
            Some((slot, lamports))
        });
        let mut seen: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
        let right = if seen.len() < 3 {
            seen.into_iter().max()
        } else {
            seen.sort_unstable_by_key(|(_, lamports)| *lamports);
            seen.get(seen.len() / 2).copied()
        };
        if let Some((_, lamports)) = right {
            self.0.store(lamports, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
#[path = "wallet_balance_tests.rs"]
mod tests;
