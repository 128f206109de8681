//! Which accounts may be flagged and liquidated, and at what price.

use core::ops::Deref;

use anchor_lang::prelude::*;
use holdfast_risk::account::liquidation::{
    MarginAssessment, flag_stands, is_liquidatable, is_worth_closing, liquidatable_since,
};
use holdfast_risk::account::margin::{Health, Leg, requirement};
use holdfast_risk::chain::landing::has_landed;
use holdfast_risk::chain::policy::{Action, Permit};
use holdfast_risk::market::belief::{PriceUse, closing_price};
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::{Millis, Side, Usd};

use crate::account_health::{self, OwnLeg, Purpose, compute_account_health};
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::state::{MarginAccount, Market, Silo};

/// An account that may be flagged.
pub struct Flaggable {
    /// The venue's clock, as the latest of its markets knows it.
    pub now: Millis,
    /// Publish time from which on a price liquidates any of its positions: the longest delay of its
    /// markets, of which each position waits for its own.
    pub liquidatable: Millis,
    /// Where it stands.
    pub health: Health,
}

/// A position that may be liquidated.
pub struct Liquidatable {
    /// The venue's clock, as its market knows it.
    pub now: Millis,
    /// The price it is closed at.
    pub point: PricePoint,
    /// The position, valued at that price.
    pub leg: Leg,
    /// What the account is judged by.
    pub assessment: MarginAssessment,
    /// Notional that the pace of a thaw allows; `None` where there is no such bound.
    pub most: Option<Usd>,
    /// Since when a liquidation has been possible.
    pub due: Millis,
}

/// Whether an account fails its maintenance margin at the newest prices, one of which is current, and is
/// not flagged yet. Old prices alone say nothing against it.
pub fn flaggable<M: Deref<Target = Market>>(
    account: &MarginAccount,
    chain: &Chain,
    mut next: impl FnMut(u8) -> Result<M>,
) -> Result<Flaggable> {
    let mut now = chain.now;
    let mut delay = Millis(0);
    let mut known = false;
    let next = |index| {
        let market = next(index)?;
        known |= market.is_known(chain.now, chain.monitor.last_disruption);
        now = now.max(market.now(chain.now));
        delay = delay.max(Millis(market.terms.flag_delay_ms));
        Ok(market)
    };
    let balances = account.balances();
    let health = compute_account_health(
        account,
        &balances,
        None,
        chain,
        Purpose::Liquidation,
        next,
        |_, _| (),
    )?;
    require!(!flag_stands(Millis(account.flagged_ms), now), HoldfastError::AlreadyFlagged);
    require!(known && !health.meets_maintenance(), HoldfastError::AccountSafe);
    Ok(Flaggable { now, liquidatable: now.after(delay), health })
}

/// Whether a flagged account's position in `market` may be liquidated now.
///
/// It is closed at the newest price that decides, published after the flag's delay, and the account
/// has to fail at the better of that and the newest prices. Among positions that can be liquidated
/// at their market's newest price the one with the largest requirement comes first; one that cannot,
/// or only at an older price, at which the account may be safe, holds up no other.
pub fn liquidatable<M: Deref<Target = Market>>(
    silo: &Silo,
    account: &MarginAccount,
    market: &Market,
    chain: &Chain,
    next: impl FnMut(u8) -> Result<M>,
) -> Result<Liquidatable> {
    market.require_trading()?;
    let now = market.now(chain.now);
    require!(flag_stands(Millis(account.flagged_ms), now), HoldfastError::NotFlagged);
    let position = account.position(market.index);
    require!(position.size.0 != 0, HoldfastError::NoPosition);
    require!(market.is_ready(chain.monitor.last_disruption), HoldfastError::MarketNotReady);
    require!(has_landed(account.flagged_slot, chain.slot), HoldfastError::NoPriceYet);
    let side = position.size.side();
    let point = price_to_close_at(account, market, chain, side)?;
    let valuation = market.valuation(chain.now, chain.monitor.last_disruption);
    let price = valuation.liquidation_price(point, side);

    let mut largest_other = Usd(0);
    let balances = account.balances();
    let health = compute_account_health(
        account,
        &balances,
        Some(OwnLeg { market, position, price }),
        chain,
        Purpose::Liquidation,
        next,
        |other, required| {
            if required > largest_other && comes_first(silo, account, other, chain) {
                largest_other = required;
            }
        },
    )?;
    require!(!health.meets_maintenance(), HoldfastError::AccountSafe);
    let reached = is_liquidatable(&health, &chain.monitor, chain.thresholds.thaw, now);
    require!(reached, HoldfastError::ChainNotReady);
    let leg = account_health::leg_of(market, position, point.trader_adverse(side));
    let most = pace(silo, market, chain)?;
    let worth = is_worth_closing(position.size.size(), leg.price, most, market.terms.liquidation());
    require!(worth, HoldfastError::PaceExhausted);
    let valued = Leg { price, ..leg };
    let notional = valued.notional().into_program_error()?;
    let required = requirement(notional, leg.ratios.maintenance).into_program_error()?;
    require!(required >= largest_other, HoldfastError::NotLargestLeg);
    let allowed = liquidatable_since(&health, &chain.monitor, chain.thresholds.thaw);
    let due = account.liquidatable_from(market).max(allowed);
    let assessment = MarginAssessment { health, price };
    Ok(Liquidatable { now, point, leg, assessment, most, due })
}

/// The newest price that may liquidate a flagged account's position.
fn price_to_close_at(
    account: &MarginAccount,
    market: &Market,
    chain: &Chain,
    side: Side,
) -> Result<PricePoint> {
    let at = market.moment(chain.now, chain.monitor.last_disruption);
    let (newest, earliest) = (market.newest_stored(), account.liquidatable_from(market));
    require!(newest.point.published >= earliest, HoldfastError::NoPriceYet);
    let found = closing_price(market.recent_prices(), earliest, &at, side);
    let refusal =
        if newest.believed { HoldfastError::NoPriceYet } else { HoldfastError::PriceOutsideBand };
    found.ok_or_else(|| refusal.into())
}

/// Whether the liquidation of a flagged account's position in a market waits for a price.
pub fn awaits_price(account: &MarginAccount, market: &Market, chain: &Chain) -> bool {
    let side = account.position(market.index).size.side();
    price_to_close_at(account, market, chain, side).is_err()
}

/// Whether the account's position in another market comes first if its requirement is larger, because
/// it could be liquidated now at that market's newest price.
fn comes_first(silo: &Silo, account: &MarginAccount, market: &Market, chain: &Chain) -> bool {
    let last_disruption = chain.monitor.last_disruption;
    let (newest, at) = (market.newest_stored(), market.moment(chain.now, last_disruption));
    let size = account.position(market.index).size;
    let closable = at.allows(&newest, PriceUse::Decide)
        && price_to_close_at(account, market, chain, size.side()).is_ok();
    if !closable || market.is_settled() || !market.is_ready(last_disruption) {
        return false;
    }
    let price = newest.point.trader_adverse(size.side());
    let terms = market.terms.liquidation();
    pace(silo, market, chain).is_ok_and(|most| is_worth_closing(size.size(), price, most, terms))
}

/// Notional that liquidations may still close in a market; `None` outside a thaw.
fn pace(silo: &Silo, market: &Market, chain: &Chain) -> Result<Option<Usd>> {
    let paced = chain.permit(Action::Liquidate) == Permit::RisingLine;
    let left = || market.thaw_left(market.now(chain.now), Usd(silo.ledger.liquidity));
    paced.then(left).transpose()
}
