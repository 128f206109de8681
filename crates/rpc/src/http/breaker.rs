//! How long an endpoint that turns requests away is left alone.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits::{LONGEST_PAUSE, TURNED_AWAY};

/// What an endpoint has asked for.
#[derive(Default)]
pub struct Breaker {
    /// Nothing is asked before this.
    until: Option<Instant>,
    /// Requests turned away since the last one that was not.
    turned_away: u32,
}

impl Breaker {
    /// How long the endpoint is still to be left alone.
    pub fn pause(&self, now: Instant) -> Option<Duration> {
        let left = self.until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// A request was turned away. `asked` is for how long, if the endpoint said so, and `roll` a
    /// random number: up to a quarter more, so that those who were turned away together do not come
    /// back together.
    pub fn turned_away(&mut self, asked: Option<Duration>, roll: u64, now: Instant) {
        let doubled = TURNED_AWAY.saturating_mul(1 << self.turned_away.min(16));
        let pause = asked.unwrap_or(doubled).min(LONGEST_PAUSE);
        let quarter = u64::try_from(pause.as_millis() / 4).unwrap_or(u64::MAX);
        let more = Duration::from_millis(roll % quarter.saturating_add(1));
        self.turned_away = self.turned_away.saturating_add(1);
        self.until = self.until.max(Some(now + pause + more));
    }

    /// A request was answered.
    pub const fn answered(&mut self) {
        self.turned_away = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(asked: Option<Duration>, roll: u64) -> Vec<u128> {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        let mut pauses = Vec::new();
        for _ in 0..4 {
            breaker.turned_away(asked, roll, now);
            pauses.push(breaker.pause(now).map_or(0, |pause| pause.as_millis()));
        }
        pauses
    }

    #[test]
    fn who_says_for_how_long_is_left_alone_that_long_and_a_little_longer() {
        assert_eq!(pauses(Some(Duration::from_secs(8)), 0), [8_000; 4]);
        assert_eq!(pauses(Some(Duration::from_secs(8)), 2_000), [10_000; 4]);
        assert_eq!(pauses(Some(Duration::ZERO), 7), [0; 4]);
        assert_eq!(pauses(Some(Duration::from_secs(9_000)), 0), [120_000; 4]);
    }

    #[test]
    fn who_does_not_is_left_alone_longer_each_time() {
        assert_eq!(pauses(None, 0), [500, 1_000, 2_000, 4_000]);
    }

    #[test]
    fn an_answer_ends_the_doubling() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.turned_away(None, 0, now);
        breaker.answered();
        breaker.turned_away(None, 0, now);
        assert_eq!(breaker.pause(now), Some(TURNED_AWAY));
        assert_eq!(breaker.pause(now + TURNED_AWAY), None);
    }
}
