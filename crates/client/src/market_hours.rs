//! When the market behind a feed is open, as far as the feed's provider foretells it.

use holdfast_risk::Millis;

/// What a provider said at some moment of a market's hours: whether it was open then, and when it opens and
/// closes next. What comes after that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketHours {
    /// Whether it was open then.
    pub is_open: bool,
    /// When it opens next, milliseconds since 1970, if it is known to.
    pub opens: Option<Millis>,
    /// When it closes next, milliseconds since 1970, if it is known to.
    pub closes: Option<Millis>,
}

impl MarketHours {
    /// Whether the market is closed at a moment after this was said; `None`: nobody knows any more, or what
    /// was said makes no sense. A market that is open and never closes is open at all times.
    pub fn is_closed(&self, now: Millis) -> Option<bool> {
        let (change, next) = match (self.is_open, self.opens, self.closes) {
            (true, None, None) => return Some(false),
            (true, opens, Some(closes)) => (closes, opens),
            (false, Some(opens), closes) => (opens, closes),
            (true, Some(_), None) | (false, None, _) => return None,
        };
        if now < change {
            return Some(!self.is_open);
        }
        next.filter(|next| now < *next).map(|_| self.is_open)
    }
}

#[cfg(test)]
mod tests {
    use holdfast_risk::Millis;

    use super::MarketHours;

    fn hours(is_open: bool, opens: Option<u64>, closes: Option<u64>) -> [Option<bool>; 3] {
        let hours = MarketHours { is_open, opens: opens.map(Millis), closes: closes.map(Millis) };
        [9, 10, 20].map(|now| hours.is_closed(Millis(now)))
    }

    #[test]
    fn a_market_is_closed_as_far_as_its_hours_are_known() {
        assert_eq!(hours(true, None, None), [Some(false); 3], "it trades at all hours");
        assert_eq!(hours(false, Some(10), Some(20)), [Some(true), Some(false), None]);
        assert_eq!(hours(true, Some(20), Some(10)), [Some(false), Some(true), None]);
        assert_eq!(hours(false, Some(10), None), [Some(true), None, None]);
        assert_eq!(hours(true, None, Some(10)), [Some(false), None, None]);
    }

    #[test]
    fn what_makes_no_sense_says_nothing() {
        assert_eq!(hours(false, None, None), [None; 3], "it never opens again");
        assert_eq!(hours(true, Some(10), None), [None; 3], "it opens while it is open");
        // It opens before it closes.
        assert_eq!(hours(true, Some(10), Some(20))[2], None);
    }
}
