//! Where an account stands, computed off chain by the program's own rules.

use holdfast::account_health;
use holdfast::state::{MarginAccount, Market};
use holdfast_risk::account::liquidation_price;
use holdfast_risk::account::margin::{Health, Leg};
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

/// The last price of a market, on the way against the account's position there, at which the account
/// still meets maintenance while the other markets keep the prices `price_of` gives. `None` when a
/// market is not known, there is no position, or no price of this market alone decides it.
///
/// # Errors
/// [`Overflow`] when an amount does not fit.
pub fn liquidation_price<'a>(
    account: &MarginAccount,
    index: u8,
    market_of: impl Fn(u8) -> Option<&'a Market>,
    price_of: impl Fn(&Market) -> Price,
) -> Result<Option<Price>, Overflow> {
    let leg = |index| -> Option<Leg> {
        let market = market_of(index)?;
        Some(account_health::leg_of(market, account.position(index), price_of(market)))
    };
    let others = account.open_indices().filter(|other| *other != index);
    let Some(others) = others.map(leg).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let Some(own) = leg(index) else { return Ok(None) };
    liquidation_price::liquidation_price(&account.balances(), &own, &others)
}
