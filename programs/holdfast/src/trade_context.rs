//! Reading the state one trade touches into a [`TradeContext`], and writing the result back.

use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::Usd;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::account::trade_context::TradeContext;
use holdfast_risk::market::exposure::SideTotal;

use crate::state::{MarginAccount, Market, SideState, Silo};

/// The account's position in `market` with everything a trade in it touches.
pub fn open(silo: &Silo, market: &Market, account: &MarginAccount) -> TradeContext {
    TradeContext {
        position: account.position(market.index),
        balances: account.balances(),
        others: account.has_others(market.index),
        longs: SideTotal::from(&market.longs),
        shorts: SideTotal::from(&market.shorts),
        carry_long: holdfast_risk::CarryIndex(market.carry_long),
        carry_short: holdfast_risk::CarryIndex(market.carry_short),
        drawn: market.drawn(),
        ledger: Ledger::from(&silo.ledger),
        open: Usd(silo.open_notional),
    }
}

/// Takes a trade's result over.
pub fn store(
    book: &TradeContext,
    silo: &mut Silo,
    market: &mut Market,
    account: &mut MarginAccount,
    now: Millis,
) -> Result<()> {
    account.set_position(market.index, &book.position);
    account.set_balances(&book.balances, now)?;
    market.longs = SideState::from(&book.longs);
    market.shorts = SideState::from(&book.shorts);
    market.set_drawn(&book.drawn);
    silo.ledger.set(&book.ledger);
    silo.open_notional = book.open.0;
    Ok(())
}
