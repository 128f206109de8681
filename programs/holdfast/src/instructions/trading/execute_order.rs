use anchor_lang::prelude::*;
use holdfast_risk::account::execution::{ExecutionContext, execute};
use holdfast_risk::account::order::Order;
use holdfast_risk::chain::policy::{Action, permit};
use holdfast_risk::market::terms::MarketTerms;

use crate::account_health::{self, Purpose};
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::OrderExecuted;
use crate::state::{ChainHealth, MarginAccount, Market, Silo};
use crate::trade_context;

/// Accounts of `execute_order`. When the order opens, the markets of the account's other open
/// positions follow, in rising index order. Anyone may call it.
#[derive(Accounts)]
pub struct ExecuteOrder<'info> {
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The silo.
    #[account(mut)]
    pub silo: AccountLoader<'info, Silo>,
    /// The order's market.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub market: AccountLoader<'info, Market>,
    /// The order's account.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub account: AccountLoader<'info, MarginAccount>,
    /// The executor's margin account, which gets the fee; the same account when the trader executes.
    #[account(mut, dup, has_one = silo @ HoldfastError::WrongSilo)]
    pub executor: AccountLoader<'info, MarginAccount>,
}

/// Executes an order at the oldest price it may get. Reductions need no margin check.
pub fn execute_order<'info>(ctx: Context<'info, ExecuteOrder<'info>>, number: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    let chain = Chain::guard(&*accounts.chain_health.load()?)?;
    let mut silo = accounts.silo.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    market.require_trading()?;
    let waiting = *account.order_mut(number)?;
    require!(waiting.market == market.index, HoldfastError::WrongMarket);
    let met = ExecutionContext {
        now: market.now(chain.now),
        last_disruption: chain.monitor.last_disruption,
        volatility: market.volatility().per_minute(),
        opening: permit(Action::Open, chain.monitor.state),
    };

    let executed = execute(
        &trade_context::open(&silo, &market, &account),
        &Order::from(&waiting),
        market.recent_prices(),
        &MarketTerms::from(&market.terms),
        &silo.rules(market.index, &account.debts, met.now),
        met,
    )
    .into_program_error()?;
    let held = account.position(market.index).size.0;
    let traded = &executed.traded;
    trade_context::store(traded, &mut silo, &mut market, &mut account, met.now)?;
    if traded.trade.opened.0 > 0 {
        require!(market.is_ready(met.last_disruption), HoldfastError::MarketNotReady);
        account_health::fresh_price(&market, &chain)?;
        let asked = Purpose::Margin(met.opening);
        let own =
            Some((&*market, account_health::valuation_price(&account, &market, &chain, asked)));
        let standing = account_health::compute_account_health(
            &account,
            own,
            ctx.remaining_accounts,
            &chain,
            asked,
        )?;
        require!(standing.health.meets_initial(), HoldfastError::BelowInitialMargin);
        account.clear_flag();
    }
    let fee = account.remove_order(number)?;
    if accounts.executor.key() == accounts.account.key() {
        account.receive(fee)?;
    } else {
        accounts.executor.load_mut()?.receive(fee)?;
    }
    account.invariant()?;
    silo.invariant()?;
    emit!(OrderExecuted {
        account: accounts.account.key(),
        number,
        market: market.index,
        index_price: executed.point.middle().0,
        published_ms: executed.point.published.0,
        price: executed.price.0,
        delta: traded.book.position.size.0.saturating_sub(held),
        position: traded.book.position.size.0,
        realised: traded.trade.realised.0,
        carry: traded.carry.0,
        fee: executed.fee.0,
        debt: account.debt,
        bad_debt: traded.bad_debt.0,
    });
    Ok(())
}
