//! Where an account stands, computed off chain by the program's own rules.

use holdfast::account_health;
use holdfast::state::{MarginAccount, Market};
use holdfast_risk::account::margin::Health;
use holdfast_risk::{Overflow, Price};

/// Sums an account's positions at the prices `price_of` gives; `market_of` finds a market by its
/// index. `None` when a market is not known.
///
/// # Errors
/// [`Overflow`] when an amount does not fit.
pub fn health<'a>(
    account: &MarginAccount,
    market_of: impl Fn(u8) -> Option<&'a Market>,
    price_of: impl Fn(&Market) -> Price,
) -> Result<Option<Health>, Overflow> {
    let mut health = Health::new(&account.balances())?;
    for index in account.open_indices() {
        let Some(market) = market_of(index) else { return Ok(None) };
        health.add(&account_health::leg_of(market, account.position(index), price_of(market)))?;
    }
    Ok(Some(health))
}
