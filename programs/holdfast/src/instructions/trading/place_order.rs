use anchor_lang::prelude::*;
use holdfast_risk::{Millis, Usd};

use crate::account_health::FollowingMarkets;
use crate::checks::order::{admit, check_margin};
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::OrderPlaced;
use crate::profile::stage;
use crate::state::{ChainHealth, MarginAccount, Market, OrderState};

/// What a trader asks for. Market, limit, stop and take-profit orders are the same object.
///
/// A field that is left out reads as zero, and no zero here opens anything: a size, limit, level or
/// expiry of zero is refused, and an effect of zero only reduces.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    /// Size to trade, millionths of a base unit, a buy when positive. What only reduces is cut at the
    /// position.
    pub delta: i64,
    /// Worst price accepted, spread included, millionths.
    pub limit: u64,
    /// What the index price has to do first.
    pub trigger: OrderTrigger,
    /// Whether it may open.
    pub effect: OrderEffect,
    /// Whether a reduction also takes a price outside the market's band, when that is worse for its
    /// owner than the reference price.
    pub any_price: bool,
    /// No price published after this decides it, milliseconds since 1970: undecided, it is removed.
    pub expires_ms: u64,
    /// For whoever executes it, native units, set aside from the collateral.
    pub fee: u64,
}

/// What an order waits for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderTrigger {
    /// The index is at or above a price.
    AtOrAbove {
        /// Index price, millionths.
        price: u64,
    },
    /// The index is at or below a price.
    AtOrBelow {
        /// Index price, millionths.
        price: u64,
    },
    /// Nothing: the first price after the delay.
    Immediate,
}

/// What an order may do to the position.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderEffect {
    /// It is cut at what closes the position.
    Reduce,
    /// It may open, increase and flip.
    Open,
}

/// Accounts of `place_order`. When it opens or sets a fee aside, the markets of all open positions
/// follow, in rising index order.
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

/// Puts an order into a free slot. What opens reserves its initial margin now, so that nobody can
/// place an order and decide later, by adding margin or not, whether to take its price.
pub fn place_order<'info>(
    ctx: Context<'info, PlaceOrder<'info>>,
    request: OrderRequest,
) -> Result<()> {
    stage!("accounts");
    let market = ctx.accounts.market.load()?;
    market.require_trading()?;
    let mut account = ctx.accounts.account.load_mut()?;
    require!(market.silo == account.silo, HoldfastError::WrongSilo);
    stage!("load");
    let chain = Chain::guard(&*ctx.accounts.chain_health.load()?)?;
    stage!("chain");
    let now = market.now(chain.now);
    let mut order = request.waiting(account.next_order, &market, now, &chain);
    Millis(request.expires_ms).plausible_time_ms().into_program_error()?;
    let permit = admit(&mut order, &account, &market, &chain)?;
    require!(request.fee <= account.collateral, HoldfastError::NotEnoughCollateral);
    if order.margin > 0 || request.fee > 0 {
        let mut markets = FollowingMarkets::new(ctx.remaining_accounts, &account.silo);
        check_margin(&account, &order, &chain, permit, |index| markets.next(index))?;
        markets.finish()?;
    }
    stage!("rules");
    account.collateral = Usd(account.collateral).minus(Usd(order.fee)).into_program_error()?.0;
    let plus = |sum: u64, part: u64| Usd(sum).plus(Usd(part)).into_program_error();
    account.reserved_fees = plus(account.reserved_fees, order.fee)?.0;
    account.reserved_margin = plus(account.reserved_margin, order.margin)?.0;
    account.next_order = order.number.checked_add(1).ok_or(HoldfastError::Overflow)?;
    let free = account.orders.iter_mut().find(|slot| slot.number == 0);
    *free.ok_or(HoldfastError::NoFreeOrderSlot)? = order;
    stage!("store");
    account.invariant()?;
    stage!("books");
    emit!(OrderPlaced {
        account: ctx.accounts.account.key(),
        number: order.number,
        market: market.index,
        delta: request.delta,
        earliest_ms: order.earliest_ms,
        margin: order.margin,
    });
    stage!("event");
    Ok(())
}

impl OrderRequest {
    /// The order as it waits, without what it may open. A market order's price is fixed from now on
    /// to be one published after the delay; a triggered one waits for its trigger first.
    pub fn waiting(&self, number: u64, market: &Market, now: Millis, chain: &Chain) -> OrderState {
        let (trigger, trigger_price) = match self.trigger {
            OrderTrigger::AtOrAbove { price } => (0, price),
            OrderTrigger::AtOrBelow { price } => (1, price),
            OrderTrigger::Immediate => (2, 0),
        };
        let decides = self.trigger == OrderTrigger::Immediate;
        let earliest = now.after(Millis(market.terms.execution_delay_ms));
        OrderState {
            number,
            delta: self.delta,
            limit: self.limit,
            trigger_price,
            requested_ms: now.0,
            earliest_ms: if decides { earliest.0 } else { 0 },
            slot: chain.slot,
            expires_ms: self.expires_ms,
            fee: self.fee,
            market: market.index,
            trigger,
            reduce_only: u8::from(self.effect == OrderEffect::Reduce),
            any_price: u8::from(self.any_price),
            ..OrderState::default()
        }
    }
}
