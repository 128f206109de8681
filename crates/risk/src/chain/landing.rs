//! How long others have between a request and what executes it, in slots.
//!
//! Delays in milliseconds are measured on a clock that may be behind, and whoever calls chooses how much
//! of the true time it is shown. In one transaction a request could so be made, its delay be over, and a
//! price that was known before decide it. Slots cannot be passed in a transaction.

/// One more than a leader has in a row: somebody else's transaction can land in between, and show the
/// clock what time it is.
pub const SLOTS_BETWEEN: u64 = 5;

/// Whether so many slots have passed since a request was made that it may be executed in slot `now`.
pub const fn has_landed(requested: u64, now: u64) -> bool {
    now >= requested.saturating_add(SLOTS_BETWEEN)
}
