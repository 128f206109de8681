//! Which market is given up and settled now, which position in it is closed, and which debt is written off.

use core::ops::Deref;

use anchor_lang::prelude::*;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::account::write_off::{WrittenOff, write_off};
use holdfast_risk::chain::policy::{Action, Permit};
use holdfast_risk::market::belief::settlement_price;
use holdfast_risk::market::settlement::{announced, is_due};
use holdfast_risk::{Millis, Price, SignedSize};

use crate::account_health::{Purpose, compute_account_health};
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::state::{MarginAccount, Market, Silo};

/// When a market may be settled whose settlement is announced now: it has had no price for a day, and no
/// notice was given yet.
#[inline]
pub fn announceable(market: &Market, chain: &Chain) -> Result<Millis> {
    market.require_trading()?;
    require!(market.settles_ms == 0, HoldfastError::AlreadyAnnounced);
    let newest = market.newest_price().published;
    let settles = announced(newest, chain.monitor.last_disruption, market.now(chain.now));
    settles.ok_or_else(|| HoldfastError::PriceMayReturn.into())
}

/// The price at which a market whose notice is over is settled now: the median of its last believed prices.
#[inline]
pub fn settleable(market: &Market, chain: &Chain) -> Result<Price> {
    market.require_trading()?;
    let due = is_due(Millis(market.settles_ms), chain.monitor.last_disruption, chain.now);
    require!(due, HoldfastError::SettlementNotDue);
    price_to_settle_at(market, chain)
}

/// The price a market is settled at unless prices return: the median of its last believed ones.
#[inline]
pub fn price_to_settle_at(market: &Market, chain: &Chain) -> Result<Price> {
    let at = market.moment(chain.now, chain.monitor.last_disruption);
    settlement_price(market.recent_prices(), market.last_believed(), &at).into_program_error()
}

/// An account's position in a settled market, and the price at which it is closed.
#[inline]
pub fn position_to_settle(account: &MarginAccount, market: &Market) -> Result<(SignedSize, Price)> {
    let price = Price(market.settlement_price);
    require!(price.0 > 0, HoldfastError::NotSettled);
    let held = account.position(market.index).size;
    require!(held.0 != 0, HoldfastError::NoPosition);
    Ok((held, price))
}

/// A debt that is written off.
pub struct Uncovered {
    /// The venue's clock, as the latest of the account's markets knows it.
    pub now: Millis,
    /// The books afterwards.
    pub written_off: WrittenOff,
}

/// Whether an account owes more than its collateral and what all its positions would gain at the prices
/// that favour it most, on a chain that is trusted.
#[inline]
pub fn uncovered<M: Deref<Target = Market>>(
    silo: &Silo,
    account: &MarginAccount,
    chain: &Chain,
    mut next: impl FnMut(u8) -> Result<M>,
) -> Result<Uncovered> {
    let trusted = chain.permit(Action::Liquidate) == Permit::Allowed;
    require!(trusted, HoldfastError::ChainNotReady);
    require!(account.debt > 0, HoldfastError::DebtCoverable);
    let mut now = chain.now;
    let next = |index| {
        let market = next(index)?;
        now = now.max(market.now(chain.now));
        Ok(market)
    };
    let (balances, purpose) = (account.balances(), Purpose::WriteOff);
    let health = compute_account_health(account, &balances, None, chain, purpose, next, |_, _| ())?;
    // Debt and pending profit exclude each other, so this is what the positions gain.
    let gains = health.unrealised;
    // Every debt keeps its market: none is traded here.
    let cover = silo.cover(0, &account.debts, now);
    let written_off =
        write_off(&Ledger::from(&silo.ledger), balances, gains, &cover).into_program_error()?;
    Ok(Uncovered { now, written_off })
}
