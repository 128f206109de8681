use anchor_lang::prelude::*;
use holdfast_risk::account::liquidation::{self, LiquidationContext};

use crate::account_health::FollowingMarkets;
use crate::checks::liquidation::liquidatable;
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::PositionLiquidated;
use crate::profile::stage;
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
    /// The market whose position is closed: of those that can be liquidated now at their newest price
    /// the one with the largest maintenance requirement.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub market: AccountLoader<'info, Market>,
    /// The flagged account.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub account: AccountLoader<'info, MarginAccount>,
    /// The liquidator's margin account, which gets the reward.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub liquidator: AccountLoader<'info, MarginAccount>,
}

/// Closes as much of a flagged account's position as brings it back over the target, at the newest
/// price published after the flag's delay. With the last position bad debt is booked.
pub fn liquidate<'info>(ctx: Context<'info, Liquidate<'info>>) -> Result<()> {
    stage!("accounts");
    let accounts = &ctx.accounts;
    let chain = Chain::guard(&*accounts.chain_health.load()?)?;
    stage!("chain");
    let mut silo = accounts.silo.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    stage!("load");
    let mut following = FollowingMarkets::new(ctx.remaining_accounts, &account.silo);
    let next = |index| following.next(index);
    let found = liquidatable(&silo, &account, &market, &chain, next)?;
    following.finish()?;
    let (now, leg) = (found.now, &found.leg);
    let traded = liquidation::liquidate(
        &trade_context::open(&silo, &market, &account),
        &found.assessment,
        leg,
        market.terms.liquidation(),
        &silo.cover(market.index, &account.debts, now),
        LiquidationContext { due: found.due, now, most: found.most },
    )
    .into_program_error()?;
    stage!("rules");
    if found.most.is_some() {
        market.closed_in_thaw(now, traded.trade.notional)?;
    }
    trade_context::store(&traded, &mut silo, &mut market, &mut account, now)?;
    // In a thaw a part may be all that the minute allowed: the flag stands for the rest.
    let partial = traded.book.position.size.0 != 0 && found.most.is_none();
    if partial || account.open_markets == 0 {
        account.clear_flag();
    }
    accounts.liquidator.load_mut()?.receive(traded.passed_on.keeper.0)?;
    stage!("store");
    account.invariant()?;
    silo.invariant()?;
    stage!("books");
    emit!(PositionLiquidated {
        account: accounts.account.key(),
        market: market.index,
        price: leg.price.0,
        published_ms: found.point.published.0,
        closed: traded.trade.closed.0,
        position: traded.book.position.size.0,
        realised: traded.trade.realised.0,
        reward: traded.passed_on.keeper.0,
        to_insurance: traded.passed_on.insurance.0,
        debt: account.debt,
        bad_debt: traded.bad_debt.0,
        insured: traded.insured.0,
    });
    stage!("event");
    Ok(())
}
