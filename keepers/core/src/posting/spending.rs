//! What bringing prices may cost, and has cost lately.

use std::collections::VecDeque;

use holdfast_risk::Millis;

use super::Need;

/// Of each budget, what is kept for prices that somebody waits for and for evidence of the time, per cent.
const KEPT: u64 = 25;

/// What was begun within a minute and spent within an hour.
#[derive(Debug)]
pub struct Spending {
    posts_a_minute: u64,
    lamports_an_hour: u64,
    begun: VecDeque<Millis>,
    spent: VecDeque<(Millis, u64)>,
}

impl Spending {
    pub fn new(posts_a_minute: u32, lamports_an_hour: u64) -> Self {
        let (begun, spent) = Default::default();
        Self { posts_a_minute: posts_a_minute.into(), lamports_an_hour, begun, spent }
    }

    /// Something was begun.
    pub fn begin(&mut self, now: Millis) {
        self.begun.push_back(now);
    }

    /// Something was paid.
    pub fn pay(&mut self, lamports: u64, now: Millis) {
        self.spent.push_back((now, lamports));
    }

    /// Whether another may begin beside so many that are planned, for what needs it.
    pub fn allows(&mut self, need: Need, planned: u64, now: Millis) -> bool {
        self.begun.retain(|at| now.since(*at) < Millis::MINUTE);
        self.spent.retain(|(at, _)| now.since(*at) < Millis::HOUR);
        let most = if need <= Need::Time { 100 } else { 100 - KEPT };
        self.used_with(planned, now) < most
    }

    /// How much is used of the budget of which most is used, per cent.
    pub fn used(&self, now: Millis) -> u64 {
        self.used_with(0, now)
    }

    fn used_with(&self, planned: u64, now: Millis) -> u64 {
        let begun = self.begun.iter().filter(|at| now.since(**at) < Millis::MINUTE).count() as u64;
        let lately = self.spent.iter().filter(|(at, _)| now.since(*at) < Millis::HOUR);
        let spent = lately.fold(0_u64, |sum, (_, paid)| sum.saturating_add(*paid));
        let begun = share(begun.saturating_add(planned), self.posts_a_minute);
        begun.max(share(spent, self.lamports_an_hour))
    }
}

/// Of a budget of nothing all is used.
fn share(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use holdfast_risk::Millis;

    use super::{Need, Spending};

    #[test]
    fn so_many_a_minute_and_the_last_quarter_for_who_waits() {
        let mut spending = Spending::new(4, 1_000_000);
        let allowed = |spending: &mut Spending, at: u64| {
            [Need::Time, Need::Moved, Need::Old].map(|need| spending.allows(need, 0, Millis(at)))
        };
        for at in 0..3 {
            assert_eq!(allowed(&mut spending, at), [true; 3]);
            spending.begin(Millis(at));
        }
        assert_eq!(allowed(&mut spending, 3), [true, false, false]);
        assert!(!spending.allows(Need::Awaited, 1, Millis(3)), "another is planned");
        spending.begin(Millis(3));
        assert_eq!(allowed(&mut spending, 59_999), [false; 3]);
        assert_eq!(spending.used(Millis(59_999)), 100);
        assert_eq!(allowed(&mut spending, 60_000), [true, false, false]);
        assert_eq!(allowed(&mut spending, 60_001), [true; 3]);
    }

    #[test]
    fn so_many_lamports_an_hour() {
        let mut spending = Spending::new(60, 20_000);
        spending.pay(10_000, Millis(0));
        spending.pay(9_999, Millis(1));
        assert!(
            spending.allows(Need::Awaited, 0, Millis(1))
                && !spending.allows(Need::Old, 0, Millis(1))
        );
        spending.pay(1, Millis(2));
        assert!(!spending.allows(Need::Awaited, 0, Millis(3_599_999)));
        assert_eq!(spending.used(Millis(3_600_000)), 50);
    }

    #[test]
    fn of_nothing_nothing_is_begun() {
        for mut spending in [Spending::new(0, 1), Spending::new(1, 0)] {
            assert!(!spending.allows(Need::Awaited, 0, Millis(0)));
        }
    }
}
