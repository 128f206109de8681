//! Gathering the positions of an account: one market account per open position.

use std::cell::Ref;

use anchor_lang::prelude::*;
use holdfast_risk::margin::{Health, Leg};
use holdfast_risk::{Millis, Price, Usd};

use crate::error::{HoldfastError, OrRefuse};
use crate::state::{MarginAccount, Market};

/// The account's standing, and the largest maintenance requirement among positions in other
/// markets than the one passed separately.
pub struct Standing {
    /// Equity and requirements.
    pub health: Health,
    /// Largest requirement of another position.
    pub largest_other: Usd,
    /// The venue's clock, as the latest of these markets knows it.
    pub now: Millis,
}

/// Sums an account's positions at their markets' newest prices. `own` is a market the instruction
/// has open already, with the price to value it at; `others` are the markets of all other open
/// positions, in rising index order.
pub fn gather<'info>(
    account: &MarginAccount,
    own: Option<(&Market, Price)>,
    others: &'info [AccountInfo<'info>],
    clock: Millis,
) -> Result<Standing> {
    let purse = account.purse();
    let mut health = Health::new(purse.collateral, purse.pending_profit).or_refuse()?;
    let mut largest_other = Usd(0);
    let mut now = clock;
    let mut others = others.iter();
    for index in account.open_indices() {
        if let Some((market, price)) = own.filter(|(market, _)| market.index == index) {
            health.add(&leg(account, market, price)).or_refuse()?;
            now = now.max(market.now(clock));
            continue;
        }
        let info = others.next().ok_or_else(|| error!(HoldfastError::WrongMarket))?;
        let market = open_market(info, &account.silo, index)?;
        let price = fresh_price(&market, clock)?;
        now = now.max(market.now(clock));
        let required = health.add(&leg(account, &market, price)).or_refuse()?;
        largest_other = largest_other.max(required);
    }
    require!(others.next().is_none(), HoldfastError::WrongMarket);
    Ok(Standing { health, largest_other, now })
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

/// A market's newest price, if it is within the market's own age limit.
pub fn fresh_price(market: &Market, clock: Millis) -> Result<Price> {
    let newest = market.newest_price();
    let age = market.now(clock).since(newest.published);
    require!(newest.price.0 > 0 && age.0 <= market.terms.age_ms, HoldfastError::StalePrice);
    Ok(newest.price)
}

/// The silo's market with an index, read-only.
pub fn open_market<'info>(
    info: &'info AccountInfo<'info>,
    silo: &Pubkey,
    index: u8,
) -> Result<Ref<'info, Market>> {
    require!(info.owner == &crate::ID, HoldfastError::WrongMarket);
    let data = info.try_borrow_data()?;
    let discriminated =
        data.len() == 8 + size_of::<Market>() && data[..8] == *Market::DISCRIMINATOR;
    require!(discriminated, HoldfastError::WrongMarket);
    let market = Ref::map(data, |data| bytemuck::from_bytes::<Market>(&data[8..]));
    require!(market.index == index && market.silo == *silo, HoldfastError::WrongMarket);
    Ok(market)
}
