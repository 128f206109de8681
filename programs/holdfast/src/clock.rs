//! The cluster's clock and the sysvars that tell how the chain is doing.

use anchor_lang::prelude::*;
use holdfast_risk::Millis;

/// The cluster's clock in milliseconds; it ticks in whole seconds.
pub fn cluster_clock() -> Result<Millis> {
    Ok(millis(&Clock::get()?))
}

/// A clock sysvar in milliseconds.
pub fn millis(clock: &Clock) -> Millis {
    Millis(u64::try_from(clock.unix_timestamp).unwrap_or_default().saturating_mul(1_000))
}
