//! The price at which an account would be liquidated.

use core::cmp::Ordering;

use crate::account::ledger::AccountBalances;
use crate::account::margin::{Health, Leg};
use crate::math::Overflow;
use crate::units::Price;

/// Prices up to this many times the present one are searched; a price beyond counts as never.
const MOST_TIMES: u64 = 1_000;

/// The last price at which the account still meets maintenance, as the leg's market moves against the
/// leg and all other prices stay: a long is liquidatable below it, a short above it.
/// `None` when there is no such price: the leg alone cannot fail the account, or cannot save it, up
/// to a thousand times its price now.
///
/// Found by the same sums that decide a liquidation, so that their rounding is in it.
///
/// # Errors
/// [`Overflow`] when an amount does not fit at the prices given.
pub fn liquidation_price(
    balances: &AccountBalances,
    leg: &Leg,
    others: &[Leg],
) -> Result<Option<Price>, Overflow> {
    let mut rest = Health::new(balances)?;
    for other in others {
        rest.add(other)?;
    }
    let is_safe = |price: u64| {
        let mut health = rest;
        // At a price where the sums overflow no such position can be held: it is not a safe price.
        let summed = health.add(&Leg { price: Price(price), ..*leg });
        summed.is_ok() && health.meets_maintenance()
    };
    let (nearest, furthest) = match leg.position.size.0.cmp(&0) {
        Ordering::Greater => (leg.price.0.saturating_mul(MOST_TIMES), 0),
        Ordering::Less => (0, leg.price.0.saturating_mul(MOST_TIMES)),
        Ordering::Equal => return Ok(None),
    };
    if is_safe(furthest) || !is_safe(nearest) {
        return Ok(None);
    }
    // The account is safe at `safe` and fails at `failing`: going against the leg, equity less
    // maintenance only falls.
    let (mut safe, mut failing) = (nearest, furthest);
    while safe.abs_diff(failing) > 1 {
        let middle = safe.midpoint(failing);
        if is_safe(middle) { safe = middle } else { failing = middle }
    }
    Ok(Some(Price(safe)))
}

#[cfg(test)]
#[path = "liquidation_price_tests.rs"]
mod tests;
