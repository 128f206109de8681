use holdfast_client::market_hours::MarketHours;
use holdfast_migrations::Catalogue;

use crate::{Outcome, text};

/// A list of Pyth's feeds as a host of Hermes gives it: a market is never closed for longer with a holiday
/// than without.
pub fn catalogue(data: &[u8]) -> Outcome {
    let read = text(data).and_then(Catalogue::read);
    for (id, hours) in read.iter().flat_map(Catalogue::hours) {
        let MarketHours { opens, closes, .. } = hours;
        for at in [opens, closes].into_iter().flatten() {
            let _ = hours.is_closed(at);
        }
        let closings = read.as_ref().ok().and_then(|list| list.feed(&id)?.closings);
        assert!(closings.is_none_or(|closings| closings.week <= closings.holiday));
    }
    Outcome::from(&read)
}
