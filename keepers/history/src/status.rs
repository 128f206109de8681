//! How far reading has come.

use serde::Serialize;
use utoipa::ToSchema;

use crate::reconcile::Reconciliation;

/// How far reading has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Status {
    /// Genesis hash of the cluster.
    pub genesis: String,
    /// Number of the silo whose markets and pools are meant.
    pub silo: u16,
    /// The endpoint that is read from, without keys.
    pub endpoint: String,
    /// The slot up to which everything is known; null while something is missing below the newest transaction.
    pub complete_to: Option<u64>,
    /// The slot up to which that is final; null where `complete_to` is, or where nothing is.
    pub final_to: Option<u64>,
    /// Whether older transactions are still being read.
    pub reading_back: bool,
    /// Whether the history reaches back to the beginning of the exchange.
    pub whole: bool,
    /// Transactions of the program, failed ones included.
    pub transactions: u64,
    /// Events.
    pub events: u64,
    /// Transactions whose block is not final yet: they may still be taken back.
    pub not_final: u64,
    /// Transactions whose log was cut: events of theirs are missing.
    pub truncated: u64,
    /// Slot of the oldest transaction that is known; zero where there is none.
    pub first_slot: u64,
    /// Slot of the newest; zero where there is none.
    pub last_slot: u64,
    /// What comparing sums of events with accounts came to; null before the first time.
    pub reconciliation: Option<Reconciliation>,
    /// Why accounts that were read are not compared with events yet; null while none wait.
    pub waiting: Option<String>,
    /// Why no endpoint can be read from now; null while one can.
    pub trouble: Option<String>,
}
