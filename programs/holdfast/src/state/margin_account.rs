use anchor_lang::prelude::*;
use holdfast_risk::account::ledger::AccountBalances;
use holdfast_risk::account::order::{Order, Trigger};
use holdfast_risk::account::position::Position;
use holdfast_risk::account::profit;
use holdfast_risk::chain::rate_limit::Exit;
use holdfast_risk::{CarryIndex, Millis, Price, SignedSize, Size, Usd};

use super::{MAX_MARKETS, Market, ORDER_SLOTS};
use crate::error::{HoldfastError, OrRefuse};

/// One trader's margin in one silo. Address: `["margin", silo, owner, number as u16 LE]`.
///
/// Holds: a bit of `open_markets` per open position and no other; `reserved_fees` and
/// `reserved_margin` are the sums of what the waiting orders set aside; `debt` only while positions are
/// open and no profit is pending, and the sum of `debts`.
#[account(zero_copy)]
pub struct MarginAccount {
    /// Layout version, for readers off chain: the program writes it and does not look at it.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// The owner's number for it.
    pub number: u16,
    /// Bit per market with an open position.
    pub open_markets: u16,
    /// Explicit padding.
    pub padding: [u8; 2],
    /// The silo.
    pub silo: Pubkey,
    /// Who withdraws and trades.
    pub owner: Pubkey,
    /// Margin and free funds, native units.
    pub collateral: u64,
    /// Collateral set aside for the fees of waiting orders, native units.
    pub reserved_fees: u64,
    /// Initial margin that waiting orders have reserved, native units: it stays in the collateral,
    /// but neither leaves nor backs anything else that opens.
    pub reserved_margin: u64,
    /// Realised profit that has not matured, native units.
    pub pending_profit: u64,
    /// When the pending profit was realised, milliseconds: the mean over its parts by amount.
    pub profit_since_ms: u64,
    /// When the account was flagged for liquidation, milliseconds; zero when it is not.
    pub flagged_ms: u64,
    /// Publish time from which on a price may liquidate any of its positions, milliseconds: fixed by the
    /// flag. Each position waits for its own market's delay, which may be over sooner.
    pub liquidatable_ms: u64,
    /// What was missing to be safe at the flag less deposits since, native units.
    pub shortfall: u64,
    /// Number of the next order.
    pub next_order: u64,
    /// Position per market.
    pub positions: [PositionState; MAX_MARKETS],
    /// Waiting orders; a slot with number zero is free.
    pub orders: [OrderState; ORDER_SLOTS],
    /// Realised losses that it could not pay yet, native units.
    pub debt: u64,
    /// The debt by the market where it arose, native units.
    pub debts: [u64; MAX_MARKETS],
    /// Collateral on its way out, native units: it backs nothing any more.
    pub exit_amount: u64,
    /// What the exit was asked for, parts already paid included, native units.
    pub exit_asked: u64,
    /// When the exit was asked for, milliseconds.
    pub exit_ms: u64,
    /// The token account it goes to.
    pub exit_to: Pubkey,
    /// The slot the flag was set in, zero without one.
    pub flagged_slot: u64,
    /// The slot the exit was asked for in.
    pub exit_slot: u64,
    /// Room for keys that may trade and not withdraw, and for what bots replay.
    pub reserved: [u8; 240],
}

/// A position, as [`Position`].
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PositionState {
    /// Size, millionths of a base unit, long when positive.
    pub size: i64,
    /// Value at opening, native units.
    pub entry: u64,
    /// The market's carry index of its side when carry was last settled.
    pub carry: i64,
    /// When an order last changed it, milliseconds; zero when none has.
    pub changed_ms: u64,
}

/// A waiting order, as [`Order`].
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct OrderState {
    /// Number, unique in the account; zero when the slot is free.
    pub number: u64,
    /// Size to trade, millionths of a base unit, a buy when positive.
    pub delta: i64,
    /// Worst price accepted, millionths.
    pub limit: u64,
    /// Index price it waits for, millionths.
    pub trigger_price: u64,
    /// Placed at, milliseconds.
    pub requested_ms: u64,
    /// Publish time from which on a price decides it, milliseconds: fixed when it was placed or
    /// triggered; zero while it waits for its trigger.
    pub earliest_ms: u64,
    /// The slot in which that was fixed, or what it closes was last enlarged: some more have to pass
    /// before it executes.
    pub slot: u64,
    /// No price published after this decides it, milliseconds: undecided, it is removed.
    pub expires_ms: u64,
    /// For whoever executes it, native units.
    pub fee: u64,
    /// Initial margin reserved for what it opens, native units.
    pub margin: u64,
    /// The most it may open, millionths of a base unit.
    pub opens_up_to: u64,
    /// The market's index.
    pub market: u8,
    /// 0 at or above `trigger_price`, 1 at or below, 2 immediate.
    pub trigger: u8,
    /// 1 when it never opens.
    pub reduce_only: u8,
    /// 1 when a reduction takes a price that is not believed but worse for its owner.
    pub any_price: u8,
    /// Explicit padding.
    pub padding: [u8; 4],
    /// Room for orders that belong to a position and for triggers on the account's own health.
    pub reserved: [u8; 16],
}

const _: () = assert!(size_of::<OrderState>() == 112);
const _: () =
    assert!(size_of::<MarginAccount>() == 8 + 64 + 72 + 16 * 32 + 8 * 112 + 8 + 128 + 72 + 240);

impl MarginAccount {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"margin";

    /// The account's money.
    pub fn balances(&self) -> AccountBalances {
        AccountBalances {
            collateral: Usd(self.collateral),
            pending_profit: Usd(self.pending_profit),
            debt: Usd(self.debt),
        }
    }

    /// Takes over the account's money; added profit moves its maturity.
    pub fn set_balances(
        &mut self,
        balances: &AccountBalances,
        now: Millis,
        maturity: Millis,
    ) -> Result<()> {
        let (before, since) = (Usd(self.pending_profit), Millis(self.profit_since_ms));
        let since = profit::since(before, since, balances.pending_profit, now, maturity);
        let since = since.into_program_error()?;
        self.profit_since_ms = since.0;
        self.collateral = balances.collateral.0;
        self.pending_profit = balances.pending_profit.0;
        self.debt = balances.debt.0;
        Ok(())
    }

    /// Collateral on its way out.
    pub fn exit(&self) -> Exit {
        Exit {
            asked: Usd(self.exit_asked),
            waits: Usd(self.exit_amount),
            requested: Millis(self.exit_ms),
        }
    }

    /// Adds to the collateral.
    pub fn receive(&mut self, amount: u64) -> Result<()> {
        self.collateral = Usd(self.collateral).plus(Usd(amount)).into_program_error()?.0;
        Ok(())
    }

    /// Frees an order's slot and the margin it reserved, and says what was set aside for its
    /// execution.
    pub fn remove_order(&mut self, number: u64) -> Result<u64> {
        let slot = self.order_mut(number)?;
        let (fee, margin) = (slot.fee, slot.margin);
        *slot = OrderState::default();
        let less = |from: u64, part: u64| Usd(from).minus(Usd(part)).into_program_error();
        self.reserved_fees = less(self.reserved_fees, fee)?.0;
        self.reserved_margin = less(self.reserved_margin, margin)?.0;
        Ok(fee)
    }

    /// The position in a market.
    pub fn position(&self, market: u8) -> Position {
        Position::from(self.positions[usize::from(market) % MAX_MARKETS])
    }

    /// When an order last opened or enlarged the position in a market.
    pub fn position_changed(&self, market: u8) -> Millis {
        Millis(self.positions[usize::from(market) % MAX_MARKETS].changed_ms)
    }

    /// Notes that an order opened or enlarged the position in a market. What waits to close it leaves
    /// others the slots after that, as if it had been placed in this one.
    pub fn note_position_change(&mut self, market: u8, now: Millis, slot: u64) {
        let state = &mut self.positions[usize::from(market) % MAX_MARKETS];
        state.changed_ms = now.0;
        let buys = state.size < 0;
        let waits = |order: &&mut OrderState| order.number != 0 && order.market == market;
        for order in self.orders.iter_mut().filter(waits) {
            if (order.delta > 0) == buys {
                order.slot = slot;
            }
        }
    }

    /// Publish time from which on a price liquidates a flagged account's position in `market`: the flag's
    /// longest delay, or the market's own where that is shorter and has not changed since the flag.
    pub fn liquidatable_from(&self, market: &Market) -> Millis {
        let changed = market.terms_changed_slot;
        if changed != 0 && changed >= self.flagged_slot {
            return Millis(self.liquidatable_ms);
        }
        let own = Millis(self.flagged_ms).after(Millis(market.terms.flag_delay_ms));
        Millis(self.liquidatable_ms).min(own)
    }

    /// Sets the position in a market and its bit. Orders that were set off for the position before wait
    /// for their trigger again ([`Order::waits_anew`]).
    pub fn set_position(&mut self, market: u8, position: &Position) {
        let slot = usize::from(market) % MAX_MARKETS;
        let bit = 1_u16 << slot;
        let state = &mut self.positions[slot];
        let (before, after) = (SignedSize(state.size), position.size);
        (state.size, state.entry, state.carry) =
            (position.size.0, position.entry.0, position.carry.0);
        if after.0 == 0 {
            self.open_markets &= !bit;
        } else {
            self.open_markets |= bit;
        }
        let set_off = |slot: &&mut OrderState| slot.market == market && slot.earliest_ms != 0;
        for slot in self.orders.iter_mut().filter(set_off) {
            if Order::from(&*slot).waits_anew(before, after) {
                slot.earliest_ms = 0;
            }
        }
    }

    /// Whether there is a position in another market than this one.
    pub fn has_others(&self, market: u8) -> bool {
        self.open_markets & !(1 << (usize::from(market) % MAX_MARKETS)) != 0
    }

    /// Indices of markets with an open position, rising.
    pub fn open_indices(&self) -> impl Iterator<Item = u8> {
        let mut left = self.open_markets;
        core::iter::from_fn(move || {
            let index = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            u8::try_from(index).ok().filter(|index| usize::from(*index) < MAX_MARKETS)
        })
    }

    /// The order with a number.
    pub fn order(&self, number: u64) -> Result<&OrderState> {
        let found = self.orders.iter().find(|order| order.has_number(number));
        found.ok_or_else(|| HoldfastError::OrderNotFound.into())
    }

    /// The same, for changing it.
    pub fn order_mut(&mut self, number: u64) -> Result<&mut OrderState> {
        let found = self.orders.iter_mut().find(|order| order.has_number(number));
        found.ok_or_else(|| HoldfastError::OrderNotFound.into())
    }

    /// Lowers the shortfall by a deposit; the flag falls once it is made good.
    pub fn top_up(&mut self, amount: u64) {
        self.shortfall = self.shortfall.saturating_sub(amount);
        if self.shortfall == 0 {
            self.clear_flag();
        }
    }

    /// The account has been seen to be safe.
    pub fn clear_flag(&mut self) {
        self.shortfall = 0;
        self.flagged_ms = 0;
        self.flagged_slot = 0;
        self.liquidatable_ms = 0;
    }

    /// Nothing is left that closing would destroy.
    pub fn is_empty(&self) -> bool {
        self.open_markets == 0
            && self.collateral == 0
            && self.reserved_fees == 0
            && self.exit_amount == 0
            && self.debt == 0
            && self.is_idle()
    }

    /// Nothing is open or waits, so nothing can be lost any more. Profit may still mature.
    pub fn is_flat(&self) -> bool {
        self.open_markets == 0 && self.orders.iter().all(|order| order.number == 0)
    }

    /// Nothing is open, waits or matures: what is left is the owner's.
    pub fn is_idle(&self) -> bool {
        self.is_flat() && self.pending_profit == 0
    }

    /// Whether a debt is one that an account with these open markets may have.
    fn may_owe(&self, open: u16) -> bool {
        let debts = self.debts.iter().try_fold(0_u64, |sum, debt| sum.checked_add(*debt));
        open != 0 && self.pending_profit == 0 && debts == Some(self.debt)
    }

    /// A bit per open position and no other; fees and margin set aside are those of the waiting
    /// orders; debt only with positions and without pending profit, each part of it with its market.
    pub fn invariant(&self) -> Result<()> {
        let open =
            self.positions.iter().enumerate().fold(0_u16, |bits, (index, position)| {
                bits | u16::from(position.size != 0) << index
            });
        let set_aside = self.orders.iter().try_fold((0_u64, 0_u64), |(fees, margin), order| {
            Some((fees.checked_add(order.fee)?, margin.checked_add(order.margin)?))
        });
        let holds = open == self.open_markets
            && set_aside == Some((self.reserved_fees, self.reserved_margin))
            && (self.debt == 0 || self.may_owe(open));
        require!(holds, HoldfastError::AccountBroken);
        Ok(())
    }
}

impl OrderState {
    fn has_number(&self, number: u64) -> bool {
        number != 0 && self.number == number
    }
}

impl From<PositionState> for Position {
    fn from(state: PositionState) -> Self {
        Self {
            size: SignedSize(state.size),
            entry: Usd(state.entry),
            carry: CarryIndex(state.carry),
        }
    }
}

impl From<&OrderState> for Order {
    fn from(state: &OrderState) -> Self {
        let level = Price(state.trigger_price);
        Self {
            delta: SignedSize(state.delta),
            limit: Price(state.limit),
            reduce_only: state.reduce_only != 0,
            any_price: state.any_price != 0,
            trigger: match state.trigger {
                0 => Trigger::AtOrAbove(level),
                1 => Trigger::AtOrBelow(level),
                _ => Trigger::Immediate,
            },
            opens_up_to: Size(state.opens_up_to),
            earliest: Millis(state.earliest_ms),
            expires: Millis(state.expires_ms),
        }
    }
}
