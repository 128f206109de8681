//! Prices, and publications of them that should not count.

use holdfast_risk::Millis;
use holdfast_testkit::feed::Published;
use rand::Rng;

use super::Generator;
use crate::action::Action;
use crate::cast::FIRST_PRICES;
use crate::model::Look;
use crate::state::State;

impl Generator {
    pub(super) fn refresh(&mut self, state: &State, look: &Look) -> Action {
        let market = self.market();
        self.move_price(market);
        let feed = if self.random.random_ratio(1, 70) { self.market() } else { market };
        let verified = !self.random.random_ratio(1, 70);
        let now = state.guard(look).now;
        let mut published = Published::new(self.prices[market], self.moment(now));
        match self.random.random_range(0..60) {
            0 => published.price = 0,
            1 => published.confidence = published.price / 20,
            2 => {
                let off = self.random.random_range(500..1_700);
                published = Published::new(self.prices[market] / 1_000 * off, published.at_ms);
            }
            _ => {}
        }
        Action::Refresh { market, feed, published, verified }
    }

    /// Mostly now; sometimes so late that it decides nothing, too old, or ahead of the clock.
    fn moment(&mut self, Millis(now): Millis) -> u64 {
        match self.random.random_range(0..400) {
            0..270 => now,
            270..320 => now + self.random.random_range(0..2_000),
            320..385 => now - self.random.random_range(0..12_000),
            385..391 => now - self.random.random_range(25_000..100_000),
            391..395 => now + self.random.random_range(8_000..13_000),
            395..398 => now + 10_000,
            398 => now - 3_600_000,
            _ => now + self.random.random_range(15_000..50_000),
        }
    }

    /// Calm most of the time, so that people lever up; then a storm that carries everything one
    /// way. Kept within a factor of three of the first price.
    fn move_price(&mut self, market: usize) {
        if self.storm == 0 && self.random.random_ratio(1, 45) {
            self.storm = self.random.random_range(30..150);
            self.falling = self.random.random();
            self.force = *self.one_of(&[15_000, 20_000, 30_000, 90_000]);
        }
        let moved = if self.storm > 0 {
            self.storm -= 1;
            let moved = self.random.random_range(-self.force / 3..self.force);
            // Also a storm rests: what is sudden takes another price to decide.
            let rests = self.random.random_ratio(1, 3);
            if rests {
                0
            } else if self.falling {
                -moved
            } else {
                moved
            }
        } else {
            self.random.random_range(-1_500..=1_500)
        };
        let first = FIRST_PRICES[market];
        let price = i128::from(self.prices[market]) * (1_000_000 + moved) / 1_000_000;
        self.prices[market] = u64::try_from(price).unwrap_or(first).clamp(first / 3, first * 3);
    }
}
