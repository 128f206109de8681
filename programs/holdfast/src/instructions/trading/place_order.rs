use anchor_lang::prelude::*;
use holdfast_risk::account::order::Order;
use holdfast_risk::chain::policy::Action;
use holdfast_risk::{Millis, Usd};

use crate::account_health::{self, Purpose};
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::OrderPlaced;
use crate::state::{ChainHealth, MarginAccount, Market, OrderState};

/// What a trader asks for. Market, limit, stop and take-profit orders are the same object.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    /// Size to trade, millionths of a base unit, a buy when positive. With `reduce_only` it is cut
    /// at the position.
    pub delta: i64,
    /// Worst price accepted, spread included, millionths.
    pub limit: u64,
    /// 0 immediate, 1 once the index is at or above `trigger_price`, 2 at or below.
    pub trigger: u8,
    /// Index price to wait for, millionths; zero when immediate.
    pub trigger_price: u64,
    /// Never opens.
    pub reduce_only: bool,
    /// Removed unexecuted after this, milliseconds since 1970.
    pub expires_ms: u64,
    /// For whoever executes it, native units, set aside from the collateral.
    pub fee: u64,
}

/// Accounts of `place_order`. When a fee is set aside, the markets of all open positions follow, in
/// rising index order.
#[derive(Accounts)]
pub struct PlaceOrder<'info> {
    /// Owns the account.
    pub owner: Signer<'info>,
    /// The account.
    #[account(mut, has_one = owner @ HoldfastError::NotOwner)]
    pub account: AccountLoader<'info, MarginAccount>,
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The market to trade in.
    pub market: AccountLoader<'info, Market>,
}

/// Puts an order into a free slot. Margin is checked when it executes, but its fee leaves the margin
/// of open positions now: only what a withdrawal could take may be set aside.
pub fn place_order<'info>(
    ctx: Context<'info, PlaceOrder<'info>>,
    request: OrderRequest,
) -> Result<()> {
    let market = ctx.accounts.market.load()?;
    market.require_trading()?;
    let mut account = ctx.accounts.account.load_mut()?;
    require!(market.silo == account.silo, HoldfastError::WrongSilo);
    let chain = Chain::guard(&*ctx.accounts.chain_health.load()?)?;
    let now = market.now(chain.now);
    let number = account.next_order;
    let order = OrderState {
        number,
        delta: request.delta,
        limit: request.limit,
        trigger_price: request.trigger_price,
        requested_ms: now.0,
        expires_ms: request.expires_ms,
        fee: request.fee,
        market: market.index,
        trigger: request.trigger,
        reduce_only: u8::from(request.reduce_only),
        padding: [0; 5],
    };
    Millis(request.expires_ms).plausible_time_ms().into_program_error()?;
    let terms = Order::from(&order);
    let can_execute = request.trigger <= 2 && terms.can_execute(now);
    require!(can_execute, HoldfastError::InvalidOrder);
    let opens = terms.opens(account.position(market.index).size);
    let action = if opens { Action::RequestOpening } else { Action::RequestReduction };
    chain.require(action)?;

    let fee = Usd(request.fee);
    require!(fee.0 <= account.collateral, HoldfastError::NotEnoughCollateral);
    if fee.0 > 0 && account.open_markets != 0 {
        let asked = Purpose::Margin(chain.require(Action::WithdrawFree)?);
        let standing = account_health::compute_account_health(
            &account,
            None,
            ctx.remaining_accounts,
            &chain,
            asked,
        )?;
        let free = standing.health.withdrawable(Usd(account.collateral));
        require!(fee <= free, HoldfastError::BelowInitialMargin);
    }
    account.collateral = Usd(account.collateral).minus(fee).into_program_error()?.0;
    account.reserved_fees = Usd(account.reserved_fees).plus(fee).into_program_error()?.0;
    account.next_order = number.checked_add(1).ok_or(HoldfastError::Overflow)?;
    let free = account.orders.iter_mut().find(|slot| slot.number == 0);
    *free.ok_or(HoldfastError::NoFreeOrderSlot)? = order;
    account.invariant()?;
    emit!(OrderPlaced {
        account: ctx.accounts.account.key(),
        number,
        market: market.index,
        delta: request.delta,
        earliest_ms: now.0.saturating_add(market.terms.execution_delay_ms),
    });
    Ok(())
}
