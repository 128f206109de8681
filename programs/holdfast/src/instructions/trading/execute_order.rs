use anchor_lang::prelude::*;
use holdfast_risk::account::execution::Executed;

use crate::account_health::FollowingMarkets;
use crate::checks::order::{OrderFate, order_fate};
use crate::clock::Chain;
use crate::error::HoldfastError;
use crate::events::{OrderExecuted, OrderRemoved};
use crate::profile::stage;
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

/// Executes an order at the price that decides it, or removes it where its owner has made it fail.
pub fn execute_order<'info>(ctx: Context<'info, ExecuteOrder<'info>>, number: u64) -> Result<()> {
    stage!("accounts");
    let accounts = &ctx.accounts;
    let chain = Chain::guard(&*accounts.chain_health.load()?)?;
    stage!("chain");
    let mut silo = accounts.silo.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    let waiting = account.order(number)?;
    stage!("load");
    let mut following = FollowingMarkets::new(ctx.remaining_accounts, &account.silo);
    let next = |index| following.next(index);
    let fate = order_fate(&silo, &account, &market, waiting, &chain, next)?;
    stage!("rules");
    if fate.read_other_markets() {
        following.finish()?;
    }
    let fee = account.remove_order(number)?;
    let executed = match &fate {
        OrderFate::Removed(reason) => {
            account.receive(fee)?;
            account.invariant()?;
            let key = accounts.account.key();
            emit!(OrderRemoved { account: key, number, reason: *reason as u8 });
            return Ok(());
        }
        OrderFate::Executed(executed) => executed,
    };
    let held = account.position(market.index).size.0;
    let traded = &executed.traded;
    let now = market.now(chain.now);
    trade_context::store(traded, &mut silo, &mut market, &mut account, now)?;
    if traded.trade.opened.0 > 0 {
        account.note_position_change(market.index, now, chain.slot);
        account.clear_flag();
    }
    if accounts.executor.as_ref().key == accounts.account.as_ref().key {
        account.receive(fee)?;
    } else {
        accounts.executor.load_mut()?.receive(fee)?;
    }
    stage!("store");
    account.invariant()?;
    silo.invariant()?;
    stage!("books");
    emit!(executed_event(accounts.account.key(), number, &market, &account, executed, held));
    stage!("event");
    Ok(())
}

fn executed_event(
    key: Pubkey,
    number: u64,
    market: &Market,
    account: &MarginAccount,
    executed: &Executed,
    held: i64,
) -> OrderExecuted {
    let traded = &executed.traded;
    OrderExecuted {
        account: key,
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
    }
}
