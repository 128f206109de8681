//! The venue's clock.

use crate::units::Millis;

/// The larger of the cluster's clock and the newest verified publish time.
///
/// After a halt the cluster's clock can lag for hours, while a verified price's publish time is a
/// signed lower bound on real time. A publish time further than `bound` ahead of the clock is cut
/// there, because with one provider nobody contradicts it.
pub fn chain_now(clock: Millis, newest_published: Millis, bound: Millis) -> Millis {
    clock.max(newest_published.min(clock.after(bound)))
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;
