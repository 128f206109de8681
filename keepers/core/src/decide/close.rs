//! What is decided by little, on prices that have stood for a while.

use holdfast_client::holdfast::account_health::{Purpose, compute_account_health};
use holdfast_client::holdfast::state::Market;
use holdfast_risk::{Bps, Millis};

use crate::{Intent, VenueSnapshot};

/// An account that lacks less than this share of its maintenance margin fails by little.
const LITTLE: Bps = Bps(100);

/// Whether a flag or liquidation rests on less than a hundredth of the maintenance margin while a
/// price of the account is in the second half of its age limit: the next price may save it.
pub fn is_close(mirror: &VenueSnapshot, now: Millis, intent: &Intent) -> bool {
    let (Intent::Flag { account } | Intent::Liquidate { account, .. }) = intent else {
        return false;
    };
    let Some(account) = mirror.accounts.get(account) else { return false };
    let mut markets = account.open_indices().filter_map(|index| mirror.market(index));
    let aged = |market: &Market| {
        let age = market.now(now).since(market.newest_price().published);
        age.0 > market.terms.age_ms / 2
    };
    let (balances, chain) = (account.balances(), mirror.chain(now));
    let (purpose, next) = (Purpose::Liquidation, |index| mirror.open_market(index));
    let health = compute_account_health(account, &balances, None, &chain, purpose, next, |_, _| ());
    let little = health.is_ok_and(|health| {
        let line = health.maintenance.0 / 10_000 * u64::from(LITTLE.0);
        health.shortfall().0 < line
    });
    little && markets.any(aged)
}

#[cfg(test)]
#[path = "close_tests.rs"]
mod tests;
