//! Gathering the positions of an account: one market account per open position.

use std::cell::Ref;

use anchor_lang::prelude::*;
use holdfast_risk::account::margin::{Health, Leg};
use holdfast_risk::chain::latency;
use holdfast_risk::chain::policy::Permit;
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::{Bps, Millis, Price, Usd};

use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::state::{MarginAccount, Market};

/// The account's standing, and the largest maintenance requirement among positions in other
/// markets than the one passed separately.
pub struct AccountHealth {
    /// Equity and requirements.
    pub health: Health,
    /// Largest requirement of another position.
    pub largest_other: Usd,
    /// The venue's clock, as the latest of these markets knows it.
    pub now: Millis,
}

/// What a sum of positions is for: it decides at which side of a price they count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Something may be taken from the owner: in their favour, at the markets' own ratios.
    Liquidation,
    /// The owner wants to open or withdraw: against them, at the initial margin asked now.
    Margin(Permit),
}

/// Sums an account's positions. `own` is a market the instruction has open already, with the price
/// to value it at; `others` are the markets of all other open positions, in rising index order.
pub fn compute_account_health<'info>(
    account: &MarginAccount,
    own: Option<(&Market, Price)>,
    others: &'info [AccountInfo<'info>],
    chain: &Chain,
    purpose: Purpose,
) -> Result<AccountHealth> {
    let mut health = Health::new(&account.balances()).into_program_error()?;
    let mut largest_other = Usd(0);
    let mut now = chain.now;
    let mut others = others.iter();
    let mut add = |market: &Market, price: Price| {
        now = now.max(market.now(chain.now));
        let mut leg = leg(account, market, price);
        if let Purpose::Margin(permit) = purpose {
            leg.ratios.initial = initial_ratio(market, chain, permit)?;
        }
        health.add(&leg).into_program_error()
    };
    for index in account.open_indices() {
        if let Some((market, price)) = own.filter(|(market, _)| market.index == index) {
            add(market, price)?;
            continue;
        }
        let info = others.next().ok_or_else(|| error!(HoldfastError::WrongMarket))?;
        let market = open_market(info, &account.silo, index)?;
        let required = add(&market, valuation_price(account, &market, chain, purpose))?;
        largest_other = largest_other.max(required);
    }
    require!(others.next().is_none(), HoldfastError::WrongMarket);
    Ok(AccountHealth { health, largest_other, now })
}

/// What one base unit of the account's position in a market counts for.
pub fn valuation_price(
    account: &MarginAccount,
    market: &Market,
    chain: &Chain,
    purpose: Purpose,
) -> Price {
    let mark = market.mark(chain.now, chain.monitor.last_disruption);
    let side = account.position(market.index).size.side();
    match purpose {
        Purpose::Liquidation => mark.trader_favourable(side),
        Purpose::Margin(_) => mark.trader_adverse(side),
    }
}

/// The account's position in a market, valued at `price`.
pub fn leg(account: &MarginAccount, market: &Market, price: Price) -> Leg {
    let position = account.position(market.index);
    Leg {
        position,
        price,
        carry: market.carry(position.size.side()),
        ratios: market.terms.ratios(),
    }
}

/// Initial margin that covers how long a liquidation can take on this chain.
fn initial_ratio(market: &Market, chain: &Chain, permit: Permit) -> Result<Bps> {
    let terms = &market.terms;
    let wait = latency::exposure(Millis(terms.flag_delay_ms), &chain.monitor, &chain.thresholds);
    let (floor, costs) = (Bps(terms.initial_bps), Bps(terms.penalty_bps));
    let stressed = permit == Permit::Stressed;
    latency::initial_ratio(floor, costs, market.volatility_per_minute(), wait, stressed)
        .into_program_error()
}

/// A market's newest price, if it is within the market's own age limit and not from before the
/// chain's last break.
pub fn fresh_price(market: &Market, chain: &Chain) -> Result<PricePoint> {
    let mark = market.mark(chain.now, chain.monitor.last_disruption);
    require!(mark.fresh && mark.newest.low.0 > 0, HoldfastError::StalePrice);
    Ok(mark.newest)
}

/// The silo's market with an index, read-only.
pub fn open_market<'info>(
    info: &'info AccountInfo<'info>,
    silo: &Pubkey,
    index: u8,
) -> Result<Ref<'info, Market>> {
    let market = any_market(info)?;
    require!(market.index == index && market.silo == *silo, HoldfastError::WrongMarket);
    Ok(market)
}

/// A market of any silo, read-only.
pub fn any_market<'info>(info: &'info AccountInfo<'info>) -> Result<Ref<'info, Market>> {
    require!(info.owner == &crate::ID, HoldfastError::WrongMarket);
    let data = info.try_borrow_data()?;
    let discriminated =
        data.len() == 8 + size_of::<Market>() && data[..8] == *Market::DISCRIMINATOR;
    require!(discriminated, HoldfastError::WrongMarket);
    Ok(Ref::map(data, |data| bytemuck::from_bytes::<Market>(&data[8..])))
}
