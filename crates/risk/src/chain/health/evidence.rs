//! What providers' publish times prove about the time.

use crate::units::Millis;

/// The publish time that providers prove: of those whose newest was published at `from` or later, the
/// second-newest, so that one that is wrong moves nothing, or the only one's. Zero where there is none.
/// Who has been silent for long has no say: else it would hold the proof where it went silent.
pub fn proven_time(published: impl IntoIterator<Item = Millis>, from: Millis) -> Millis {
    let (mut newest, mut second) = (Millis(0), Millis(0));
    for time in published.into_iter().filter(|time| *time >= from) {
        if time > newest {
            (newest, second) = (time, newest);
        } else {
            second = second.max(time);
        }
    }
    if second.0 == 0 { newest } else { second }
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
