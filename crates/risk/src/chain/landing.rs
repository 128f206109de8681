//! How long others have between a request and what executes it, in slots.
//!
//! Delays in milliseconds are measured on a clock that may be behind, and whoever calls chooses how much
//! of the true time it is shown. In one transaction a request could so be made, its delay be over, and a
//! price that was known before decide it. Slots cannot be passed in a transaction.

use super::health::{Monitor, State};
use crate::units::Millis;

/// One more than a leader has in a row: somebody else's transaction can land in between, and show the
/// clock what time it is, unless slots are skipped or the leader has the next turn as well.
pub const SLOTS_BETWEEN: u64 = 5;

/// An order's price lapses within seconds. Where so many slots take longer than this, fewer have to pass: by
/// default from a slot of 1.2 s on, which is no healthy chain's.
const LONGEST: Millis = Millis::SECOND.times(6);

/// The most that one slot counts for where somebody has to wait for long. More than a slot takes on any
/// chain that moves, so that it bounds nothing but halts.
const LONGEST_SLOT: Millis = Millis::SECOND.times(10);

/// The moment until which waiting has counted, of something requested `slots` ago. A clock that was behind
/// when it was requested, and has learned since of a halt before, would count the halt as waited.
pub fn counted_until(requested: Millis, slots: u64, now: Millis) -> Millis {
    now.min(requested.after(LONGEST_SLOT.times(slots)))
}

/// Whether so many slots have passed since a request was made that it may be executed in slot `now`.
pub const fn has_landed(requested: u64, now: u64) -> bool {
    now >= requested.saturating_add(SLOTS_BETWEEN)
}

/// The same of an order on a chain as it was last seen. After a disruption, until slots are measured again,
/// they may take so long that one other has to do; nothing published before it decides there.
pub fn order_has_landed(requested: u64, now: u64, chain: &Monitor) -> bool {
    let slot_us = u64::from(chain.window_us.max(chain.baseline_us)).max(1);
    let fitting = LONGEST.0.saturating_mul(1_000).checked_div(slot_us).unwrap_or(SLOTS_BETWEEN);
    let unmeasured = chain.state >= State::Thaw && chain.window_us == 0;
    let between = if unmeasured { 1 } else { fitting.clamp(1, SLOTS_BETWEEN) };
    now >= requested.saturating_add(between)
}

#[cfg(test)]
#[path = "landing_tests.rs"]
mod tests;
