//! What a silo's markets come to for who joins or leaves its liquidity pool.

use anchor_lang::prelude::*;
use holdfast_risk::market::exposure::SideTotal;
use holdfast_risk::market::valuation::Valuation;
use holdfast_risk::pool::worth::{SideExposure, TradersResult, is_trifle};
use holdfast_risk::{Bps, Millis, Price, Side, Usd};

use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::state::Market;

/// A request for the liquidity pool, as far as it decides how markets are valued.
#[derive(Clone, Copy, Debug)]
pub struct Valued {
    /// Prices count from here on.
    pub due: Millis,
    /// Whether it leaves.
    pub leaves: bool,
    /// The pool's cash.
    pub cash: Usd,
}

/// Adds what the traders of a market would gain and lose, valued against whoever joins or leaves, at
/// a price published since the request was due. A market without positions adds nothing, whatever
/// its price. One that has no fresh price counts at the edge of its band while its positions are a
/// trifle beside the pool's cash; larger ones hold the request up.
pub fn add_market(
    traders: &mut TradersResult,
    market: &Market,
    chain: &Chain,
    request: &Valued,
) -> Result<()> {
    let (longs, shorts) = (SideTotal::from(&market.longs), SideTotal::from(&market.shorts));
    if longs.size.0 == 0 && shorts.size.0 == 0 {
        return Ok(());
    }
    let mark = market.mark(chain.now, chain.monitor.last_disruption);
    let fresh = mark.fresh && mark.newest.low.0 > 0;
    require!(!fresh || mark.newest.published >= request.due, HoldfastError::RequestNotDue);
    for (side, total) in [(Side::Long, longs), (Side::Short, shorts)] {
        let price = pool_price(&mark, side, request.leaves);
        let small = || is_trifle(&total, price, request.cash).into_program_error();
        require!(fresh || small()?, HoldfastError::StalePrice);
        let (carry, initial) = (market.carry(side), Bps(market.terms.initial_bps));
        let exposure = SideExposure { side, total, price, carry, initial };
        traders.add(&exposure).into_program_error()?;
    }
    Ok(())
}

/// What a unit of a side's positions counts for where somebody leaves or joins: the most its traders
/// could claim from who leaves, the least from who joins.
fn pool_price(mark: &Valuation, side: Side, leaves: bool) -> Price {
    if leaves { mark.trader_favourable(side) } else { mark.trader_adverse(side) }
}
