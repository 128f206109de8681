//! Requests to join and leave the liquidity pool: what becomes of one at our venue, and at one that
//! values the pool at its own prices.

use bytemuck::Zeroable;
use holdfast_client::holdfast::checks::pool::{Executed, exchanged, executed, returnable};
use holdfast_client::holdfast::clock::Chain as Seen;
use holdfast_client::holdfast::error::{HoldfastError, OrRefuse};
use holdfast_client::holdfast::instructions::book_executed;
use holdfast_client::holdfast::state::{Market, PoolRequest};
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::market::exposure::SideTotal;
use holdfast_risk::pool::PoolKind;
use holdfast_risk::pool::worth::{self, SideExposure, TradersResult};
use holdfast_risk::{Bps, Millis, Price, Side};

use super::book::{Book, Stake};

/// A request as the books keep it: what decides about it, and no address.
pub fn request(leaves: bool, amount: u64, due: Millis) -> PoolRequest {
    PoolRequest {
        leaves: u8::from(leaves),
        amount,
        least: 1,
        due_ms: due.0,
        ..PoolRequest::zeroed()
    }
}

/// The books after a stake asked to join with all it has outside, or to leave with all it has inside.
///
/// # Errors
/// When it has nothing there, or asked before.
pub fn ask(book: &mut Book, place: usize, leaves: bool, due: Millis) -> anchor_lang::Result<()> {
    let stake = &mut book.stakes[place];
    let amount = if leaves { stake.shares } else { stake.wallet };
    if amount == 0 || stake.request.is_some() {
        return Err(HoldfastError::ZeroAmount.into());
    }
    if leaves {
        stake.shares = 0;
    } else {
        stake.wallet = 0;
        book.silo.ledger.queued += amount;
        book.silo.add_to_vault(PoolKind::Liquidity, amount)?;
    }
    book.stakes[place].request = Some(request(leaves, amount, due));
    Ok(())
}

/// The books after a due request was executed.
///
/// # Errors
/// Why it waits.
pub fn execute(book: &mut Book, seen: &Seen, place: usize) -> anchor_lang::Result<()> {
    let waiting = book.stakes[place].request.ok_or(HoldfastError::RequestNotDue)?;
    let next = |index: u8| -> anchor_lang::Result<&Market> {
        book.markets.get(usize::from(index)).ok_or_else(|| HoldfastError::MarketsMissing.into())
    };
    let done = executed(&book.silo, &waiting, &book.health, seen, next)?;
    settle(book, place, &waiting, &done)
}

/// The same where the pool is valued at these prices, at once.
///
/// # Errors
/// Why it waits.
pub fn execute_at(book: &mut Book, prices: &[u64], place: usize) -> anchor_lang::Result<()> {
    let waiting = book.stakes[place].request.ok_or(HoldfastError::RequestNotDue)?;
    let mut traders = TradersResult::default();
    for (market, price) in book.markets.iter().zip(prices) {
        let initial = Bps(market.terms.initial_bps);
        for (side, total) in [(Side::Long, &market.longs), (Side::Short, &market.shorts)] {
            let (total, carry) = (SideTotal::from(total), market.carry(side));
            let exposure = SideExposure { side, total, price: Price(*price), carry, initial };
            traders.add(&exposure).into_program_error()?;
        }
    }
    let ledger = Ledger::from(&book.silo.ledger);
    let worth = worth::liquidity(&ledger, &traders, waiting.leaves == 0).into_program_error()?;
    let done = exchanged(&book.silo, &waiting, &ledger, worth)?;
    settle(book, place, &waiting, &done)
}

fn settle(
    book: &mut Book,
    place: usize,
    waiting: &PoolRequest,
    done: &Executed,
) -> anchor_lang::Result<()> {
    let (mut silo, mut stake) = (book.silo, book.stakes[place]);
    book_executed(&mut silo, waiting, done)?;
    if waiting.leaves == 0 {
        stake.shares += done.received;
    } else {
        stake.wallet += done.received;
    }
    silo.invariant()?;
    stake.request = None;
    (book.silo, book.stakes[place]) = (silo, stake);
    Ok(())
}

/// The books after a lapsed request went back to where it came from.
///
/// # Errors
/// When it has not lapsed.
pub fn give_back(book: &mut Book, seen: &Seen, place: usize) -> anchor_lang::Result<()> {
    let stake: &mut Stake = &mut book.stakes[place];
    let waiting = stake.request.ok_or(HoldfastError::RequestDue)?;
    returnable(&waiting, &book.health, seen, false)?;
    stake.request = None;
    if waiting.leaves != 0 {
        stake.shares += waiting.amount;
        return Ok(());
    }
    stake.wallet += waiting.amount;
    book.silo.ledger.queued -= waiting.amount;
    book.silo.take_from_vault(PoolKind::Liquidity, waiting.amount)?;
    Ok(())
}
