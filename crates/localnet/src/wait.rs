//! Waiting for what processes do.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often something is looked for.
const LOOK: Duration = Duration::from_millis(250);

/// Waits until `look` sees it, and says how long that took.
///
/// # Errors
/// When it takes longer than `patience`, or `look` fails.
pub async fn until(
    what: &str,
    patience: Duration,
    mut look: impl AsyncFnMut() -> Result<bool>,
) -> Result<Duration> {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if look().await? {
            return Ok(begun.elapsed());
        }
        tokio::time::sleep(LOOK).await;
    }
    bail!("{what}: not within {} s", patience.as_secs())
}
