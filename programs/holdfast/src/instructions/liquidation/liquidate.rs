use anchor_lang::prelude::*;
use holdfast_risk::account::liquidation::{
    self, LiquidationContext, MarginAssessment, flag_stands, is_liquidatable,
};
use holdfast_risk::account::margin::requirement;
use holdfast_risk::chain::policy::{Action, Permit, permit};
use holdfast_risk::market::price::first_since;
use holdfast_risk::{Millis, Usd};

use crate::account_health::{self, Purpose};
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::PositionLiquidated;
use crate::state::{ChainHealth, MarginAccount, Market, Silo};
use crate::trade_context;

/// Accounts of `liquidate`; the markets of the account's other open positions follow, in rising
/// index order. Anyone may call it, without capital.
#[derive(Accounts)]
pub struct Liquidate<'info> {
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The silo.
    #[account(mut)]
    pub silo: AccountLoader<'info, Silo>,
    /// The market whose position is closed: the one with the largest maintenance requirement.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub market: AccountLoader<'info, Market>,
    /// The flagged account.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub account: AccountLoader<'info, MarginAccount>,
    /// The liquidator's margin account, which gets the reward.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub liquidator: AccountLoader<'info, MarginAccount>,
}

/// Closes as much of a flagged account's largest position as brings it back over the target, at
/// the oldest price published after the flag and its delay, if it fails at the newest one as well.
/// With the last position bad debt is booked.
pub fn liquidate<'info>(ctx: Context<'info, Liquidate<'info>>) -> Result<()> {
    let accounts = &ctx.accounts;
    let chain = Chain::guard(&*accounts.chain_health.load()?)?;
    let mut silo = accounts.silo.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    market.require_trading()?;
    let now = market.now(chain.now);
    let last_disruption = chain.monitor.last_disruption;
    let flagged = Millis(account.flagged_ms);
    require!(flag_stands(flagged, now), HoldfastError::NotFlagged);
    require!(market.is_ready(last_disruption), HoldfastError::MarketNotReady);
    let earliest = flagged.after(Millis(market.terms.flag_delay_ms)).max(last_disruption);
    let point = first_since(market.recent_prices(), earliest).ok_or(HoldfastError::NoPriceYet)?;
    let mark = market.mark(chain.now, last_disruption);
    require!(mark.allows(point), HoldfastError::PriceOutsideBand);
    let side = account.position(market.index).size.side();
    let price = mark.liquidation_price(point, side);
    let own = Some((&*market, price));
    let purpose = Purpose::Liquidation;
    let standing = account_health::compute_account_health(
        &account,
        own,
        ctx.remaining_accounts,
        &chain,
        purpose,
    )?;
    let health = &standing.health;
    require!(!health.meets_maintenance(), HoldfastError::AccountSafe);
    let reached = is_liquidatable(health, &chain.monitor, chain.thresholds.thaw, now);
    require!(reached, HoldfastError::ChainNotReady);
    let leg = account_health::leg(&account, &market, point.trader_adverse(side));
    require!(leg.position.size.0 != 0, HoldfastError::NoPosition);
    let required = requirement(leg.notional().into_program_error()?, leg.ratios.maintenance)
        .into_program_error()?;
    require!(required >= standing.largest_other, HoldfastError::NotLargestLeg);

    let paced = permit(Action::Liquidate, chain.monitor.state) == Permit::RisingLine;
    let left = || market.thaw_left(now, Usd(silo.ledger.liquidity));
    let most = paced.then(left).transpose()?;
    let traded = liquidation::liquidate(
        &trade_context::open(&silo, &market, &account),
        &MarginAssessment { health: standing.health, price },
        &leg,
        market.terms.liquidation(),
        &silo.cover(market.index, &account.debts, now),
        LiquidationContext { flagged, now, most },
    )
    .into_program_error()?;
    if paced {
        market.closed_in_thaw(now, traded.trade.notional)?;
    }
    trade_context::store(&traded, &mut silo, &mut market, &mut account, now)?;
    // In a thaw a part may be all that the minute allowed: the flag stands for the rest.
    let partial = traded.book.position.size.0 != 0 && !paced;
    if partial || account.open_markets == 0 {
        account.clear_flag();
    }
    accounts.liquidator.load_mut()?.receive(traded.passed_on.keeper.0)?;
    account.invariant()?;
    silo.invariant()?;
    emit!(PositionLiquidated {
        account: accounts.account.key(),
        market: market.index,
        price: leg.price.0,
        published_ms: point.published.0,
        closed: traded.trade.closed.0,
        position: traded.book.position.size.0,
        realised: traded.trade.realised.0,
        reward: traded.passed_on.keeper.0,
        to_insurance: traded.passed_on.insurance.0,
        debt: account.debt,
        bad_debt: traded.bad_debt.0,
        insured: traded.insured.0,
    });
    Ok(())
}
