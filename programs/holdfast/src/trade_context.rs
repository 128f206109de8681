//! Reading the state one trade touches into a [`TradeContext`], and writing the result back.

use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::Usd;
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::account::loss::{MARKETS, debts_after};
use holdfast_risk::account::trade_context::{TradeContext, Traded};
use holdfast_risk::market::exposure::SideTotal;

use crate::error::OrRefuse;
use crate::state::{MarginAccount, Market, SideState, Silo};

/// The account's position in `market` with everything a trade in it touches. Not inlined, because it
/// would then be copied a second time, through the caller's stack.
#[inline(never)]
pub fn open(silo: &Silo, market: &Market, account: &MarginAccount) -> TradeContext {
    TradeContext {
        position: account.position(market.index),
        balances: account.balances(),
        others: account.has_others(market.index),
        longs: SideTotal::from(&market.longs),
        shorts: SideTotal::from(&market.shorts),
        carry_long: holdfast_risk::CarryIndex(market.carry_long),
        carry_short: holdfast_risk::CarryIndex(market.carry_short),
        ledger: Ledger::from(&silo.ledger),
        open: Usd(silo.open_notional),
    }
}

/// Takes a trade's result over. What was charged to which market is worked out only where there is a
/// debt.
pub fn store(
    traded: &Traded,
    silo: &mut Silo,
    market: &mut Market,
    account: &mut MarginAccount,
    now: Millis,
) -> Result<()> {
    let book = &traded.book;
    let owed = Usd(account.debt);
    if traded.bad_debt.0 > 0 {
        let cover = silo.cover(market.index, &account.debts, now);
        let charged =
            cover.insure(owed, traded.bad_debt, Usd(silo.ledger.insurance)).into_program_error()?;
        silo.set_draws(&charged);
        account.debts = [0; MARKETS];
    } else if owed != book.balances.debt {
        account.debts = debts_after(&account.debts, market.index, owed, book.balances.debt)
            .into_program_error()?;
    }
    account.set_position(market.index, &book.position);
    account.set_balances(&book.balances, now, Millis(silo.terms.maturity_ms))?;
    market.longs = SideState::from(&book.longs);
    market.shorts = SideState::from(&book.shorts);
    silo.ledger.set(&book.ledger);
    silo.open_notional = book.open.0;
    Ok(())
}
