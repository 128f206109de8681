//! Margin that covers how long a liquidation can take.

use crate::chain::health::{Monitor, Thresholds};
use crate::math::{Overflow, Rounding, mul_div};
use crate::units::{BPS_ONE, Bps, Millis, Ppm};

/// Standard deviations that margin covers.
const DEVIATIONS: u64 = 3;
/// Slots a liquidation may take to land: the life of a blockhash is 150, and a keeper resends.
pub const LANDING_SLOTS: u64 = 32;
/// Margin on a strained chain, as a share of the margin on a calm one.
const STRESS: Bps = Bps(15_000);

/// The longest a liquidation may have to wait: the flag's delay, landing at the slot duration now,
/// the longest grace and the thaw. These waits are deliberate, so margin has to cover them.
pub fn exposure(flag_delay: Millis, chain: &Monitor, limits: &Thresholds) -> Millis {
    let slot_us = u64::from(chain.window_us.max(chain.baseline_us));
    let landing = LANDING_SLOTS.saturating_mul(slot_us).div_ceil(1_000);
    let grace = limits.grace.max(limits.restart_grace);
    flag_delay.after(Millis(landing)).after(grace).after(limits.thaw)
}

/// Move of the price to be covered over `exposure`: three standard deviations, rounded up.
///
/// # Errors
/// [`Overflow`] when the move exceeds `u16` basis points.
pub fn covered_move(per_minute: Ppm, exposure: Millis) -> Result<Bps, Overflow> {
    let deviation = u64::from(per_minute.0);
    let variance = deviation.checked_mul(deviation).ok_or(Overflow)?;
    let over_time = mul_div(variance, exposure.0, Millis::MINUTE.0, Rounding::Up)?;
    let ppm = over_time.isqrt().checked_add(1).ok_or(Overflow)?;
    let covered = mul_div(ppm, DEVIATIONS, 100, Rounding::Up)?;
    u16::try_from(covered).map(Bps).map_err(|_| Overflow)
}

/// Initial margin ratio: `max(floor, covered move) + costs`, half as much again on a strained
/// chain, and never above 100 %.
///
/// # Errors
/// Never for real inputs: a move too large to express counts as 100 %.
pub fn initial_ratio(
    floor: Bps,
    costs: Bps,
    per_minute: Ppm,
    exposure: Millis,
    stressed: bool,
) -> Result<Bps, Overflow> {
    let covered = covered_move(per_minute, exposure).unwrap_or(Bps(u16::MAX));
    let calm = u64::from(floor.max(covered).0).saturating_add(u64::from(costs.0));
    let asked = if stressed { STRESS.portion_of(calm, Rounding::Up)? } else { calm };
    u16::try_from(asked.min(BPS_ONE)).map(Bps).map_err(|_| Overflow)
}

#[cfg(test)]
#[path = "latency_tests.rs"]
mod tests;
