//! How the keeper's reports reach those who tell of them.

use holdfast_keeper_core::keeper::Report;
use tokio::sync::watch;
use tokio::time::Instant;

/// The last report and when it was made.
pub type Reports = watch::Receiver<(Instant, Report)>;
