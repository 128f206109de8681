//! Which endpoint a transaction is handed to, by what came of those handed to it before: one that
//! takes transactions and drops them looks well otherwise.

use std::collections::BTreeMap;

/// Transactions in a row that may come to nothing before an endpoint is passed over.
const MOST_MISSED: u32 = 3;

/// An endpoint that a transaction was handed to, and the newest slot then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handed {
    /// Which endpoint.
    pub endpoint: usize,
    /// The newest slot known when it was handed over.
    pub slot: u64,
}

/// What came of the transactions that were handed to each endpoint.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// Transactions in a row that came to nothing, by endpoint.
    missed: BTreeMap<usize, u32>,
}

impl Routes {
    /// The endpoint for an attempt, the first being number zero: of `endpoints`, the preferred one
    /// first, those that brought nothing into blocks lately come last, and each further attempt goes
    /// to the next one.
    pub fn choose(&self, endpoints: &[usize], attempt: usize) -> Option<usize> {
        let mut sorted = endpoints.to_vec();
        sorted.sort_by_key(|endpoint| self.is_passed_over(*endpoint));
        sorted.get(attempt % sorted.len().max(1)).copied()
    }

    /// Whether the last transactions that were handed to it came to nothing.
    pub fn is_passed_over(&self, endpoint: usize) -> bool {
        self.missed.get(&endpoint).is_some_and(|missed| *missed >= MOST_MISSED)
    }

    /// A transaction landed in `slot`: the last one that it was handed to before brought it there.
    pub fn landed(&mut self, handed: &[Handed], slot: u64) {
        let before = handed.iter().filter(|handed| handed.slot < slot);
        let Some(last) = before.clone().map(|handed| handed.slot).max() else { return };
        for handed in before {
            if handed.slot == last {
                self.missed.remove(&handed.endpoint);
            } else {
                self.miss(handed.endpoint);
            }
        }
    }

    /// A transaction did not land at all.
    pub fn expired(&mut self, handed: &[Handed]) {
        handed.iter().for_each(|handed| self.miss(handed.endpoint));
    }

    fn miss(&mut self, endpoint: usize) {
        let missed = self.missed.entry(endpoint).or_default();
        *missed = missed.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::{Handed, Routes};

    fn handed<const N: usize>(all: [(usize, u64); N]) -> [Handed; N] {
        all.map(|(endpoint, slot)| Handed { endpoint, slot })
    }

    #[test]
    fn each_attempt_goes_to_the_next_endpoint() {
        let routes = Routes::default();
        let chosen = (0..4).map(|attempt| routes.choose(&[2, 0, 1], attempt));
        assert_eq!(chosen.collect::<Vec<_>>(), [2, 0, 1, 2].map(Some));
        assert_eq!(routes.choose(&[], 0), None);
    }

    #[test]
    fn who_takes_and_drops_is_passed_over_until_something_lands_through_it() {
        let mut routes = Routes::default();
        for _ in 0..3 {
            assert_eq!(routes.choose(&[0, 1], 0), Some(0));
            routes.landed(&handed([(0, 100), (1, 103)]), 104);
        }
        assert_eq!([0, 1].map(|attempt| routes.choose(&[0, 1], attempt)), [Some(1), Some(0)]);
        routes.landed(&handed([(1, 200), (0, 203)]), 204);
        assert_eq!(routes.choose(&[0, 1], 0), Some(0));
    }

    #[test]
    fn who_lands_it_before_another_was_asked_has_landed_it() {
        let mut routes = Routes::default();
        for _ in 0..9 {
            routes.landed(&handed([(0, 100), (1, 103)]), 102);
        }
        assert_eq!(routes.choose(&[0, 1], 0), Some(0));
    }

    #[test]
    fn what_expires_counts_against_all_that_took_it() {
        let mut routes = Routes::default();
        for _ in 0..3 {
            routes.expired(&handed([(0, 100)]));
        }
        assert!(routes.is_passed_over(0) && !routes.is_passed_over(1));
    }
}
