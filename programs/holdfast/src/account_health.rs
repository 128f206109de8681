//! Summing the positions of an account, from whatever its markets are read.

use core::cell::Ref;
use core::ops::Deref;

use anchor_lang::Discriminator;
use anchor_lang::prelude::*;
use holdfast_risk::account::ledger::AccountBalances;
use holdfast_risk::account::margin::{Health, Leg};
use holdfast_risk::account::position::Position;
use holdfast_risk::chain::latency;
use holdfast_risk::chain::policy::Permit;
use holdfast_risk::market::valuation::Valuation;
use holdfast_risk::{Bps, Millis, Price, Usd};

use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::state::{MarginAccount, Market};

/// What a sum of positions is for, which decides at which side of a price they count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Something may be taken from the owner: valued in their favour, at the markets' own ratios.
    Liquidation,
    /// What the owner owes may be certain to be lost: valued at the most that positions can be worth.
    WriteOff,
    /// The owner wants to open or withdraw: valued against them, at the initial margin needed now.
    Margin(Permit),
}

/// The markets of an account's open positions as they follow an instruction's accounts: one each, in
/// rising index order.
pub struct FollowingMarkets<'info> {
    accounts: core::slice::Iter<'info, AccountInfo<'info>>,
    silo: Pubkey,
}

impl<'info> FollowingMarkets<'info> {
    /// Of an account of `silo`.
    pub fn new(accounts: &'info [AccountInfo<'info>], silo: &Pubkey) -> Self {
        Self { accounts: accounts.iter(), silo: *silo }
    }

    /// The next market, which has to be the one with `index`.
    pub fn next(&mut self, index: u8) -> Result<Ref<'info, Market>> {
        let info = self.accounts.next().ok_or_else(|| error!(HoldfastError::WrongMarket))?;
        open_market(info, &self.silo, index)
    }

    /// Checks that no account is left over.
    pub fn finish(mut self) -> Result<()> {
        require!(self.accounts.next().is_none(), HoldfastError::WrongMarket);
        Ok(())
    }
}

/// One position that an instruction has worked out itself: it replaces what the account says.
#[derive(Clone, Copy)]
pub struct OwnLeg<'a> {
    /// Its market.
    pub market: &'a Market,
    /// The position.
    pub position: Position,
    /// What a base unit of it counts for.
    pub price: Price,
}

/// Sums an account's money, `balances`, and its positions. `own` replaces the account's position in
/// its market; `next` reads the markets of all others, in rising index order, and `each` is called
/// with the maintenance requirement of each of these.
pub fn compute_account_health<M: Deref<Target = Market>>(
    account: &MarginAccount,
    balances: &AccountBalances,
    own: Option<OwnLeg>,
    chain: &Chain,
    purpose: Purpose,
    mut next: impl FnMut(u8) -> Result<M>,
    mut each: impl FnMut(&Market, Usd),
) -> Result<Health> {
    let mut health = Health::new(balances).into_program_error()?;
    let mut add = |market: &Market, position: Position, price: Price| {
        let mut leg = leg_of(market, position, price);
        if let Purpose::Margin(permit) = purpose {
            leg.ratios.initial = initial_ratio(market, chain, permit)?;
        }
        health.add(&leg).into_program_error()
    };
    let own_index = own.map(|own| own.market.index);
    if let Some(own) = own.filter(|own| own.position.size.0 != 0) {
        add(own.market, own.position, own.price)?;
    }
    for index in account.open_indices().filter(|index| Some(*index) != own_index) {
        let market = next(index)?;
        let position = account.position(index);
        let price = valuation_price(&position, &market, chain, purpose);
        let required = add(&market, position, price)?;
        each(&market, required);
    }
    Ok(health)
}

/// What one base unit of a position in a market counts for.
pub fn valuation_price(
    position: &Position,
    market: &Market,
    chain: &Chain,
    purpose: Purpose,
) -> Price {
    let valuation = market.valuation(chain.now, chain.monitor.last_disruption);
    let side = position.size.side();
    match purpose {
        Purpose::Liquidation => valuation.trader_favourable(side),
        Purpose::WriteOff => valuation.trader_best_case(side),
        Purpose::Margin(_) => valuation.trader_adverse(side),
    }
}

/// A position in a market, valued at `price`.
pub fn leg_of(market: &Market, position: Position, price: Price) -> Leg {
    let carry = market.carry(position.size.side());
    Leg { position, price, carry, ratios: market.terms.ratios() }
}

/// Initial margin that covers how long a liquidation can take on this chain.
pub fn initial_ratio(market: &Market, chain: &Chain, permit: Permit) -> Result<Bps> {
    let terms = &market.terms;
    let wait = latency::exposure(Millis(terms.flag_delay_ms), &chain.monitor, &chain.thresholds);
    let (floor, costs) = (Bps(terms.initial_bps), Bps(terms.penalty_bps));
    let stressed = permit == Permit::Stressed;
    latency::initial_ratio(floor, costs, market.volatility_per_minute(), wait, stressed)
        .into_program_error()
}

/// Refused unless a market's newest price is believed and borne out, within the market's own age limit
/// and not from before the chain's last disruption. A settled market has the one it was settled at.
pub fn require_certain(valuation: &Valuation) -> Result<()> {
    require!(valuation.fresh, HoldfastError::StalePrice);
    require!(valuation.is_certain(), HoldfastError::PriceOutsideBand);
    Ok(())
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
