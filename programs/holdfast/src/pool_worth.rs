//! What a silo's markets come to for who joins or leaves its liquidity pool.

use anchor_lang::prelude::*;
use holdfast_risk::market::exposure::SideTotal;
use holdfast_risk::market::valuation::Valuation;
use holdfast_risk::pool::worth::{SideExposure, TradersResult, is_trifle};
use holdfast_risk::{Bps, Millis, Price, Side, Usd};

use crate::account_health::fresh_price;
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
/// its price. One whose newest price is stale or not believed counts at the worse of that price and
/// the edge of its band while its positions are a trifle beside the pool's cash; larger ones hold the
/// request up.
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
    let valuation = market.valuation(chain.now, chain.monitor.last_disruption);
    let decides = fresh_price(market, chain);
    if let Ok(point) = &decides {
        require!(point.published >= request.due, HoldfastError::RequestNotDue);
    }
    for (side, total) in [(Side::Long, longs), (Side::Short, shorts)] {
        let price = pool_price(&valuation, side, request.leaves);
        if decides.is_err() && !is_trifle(&total, price, request.cash).into_program_error()? {
            return decides.map(|_| ());
        }
        let (carry, initial) = (market.carry(side), Bps(market.terms.initial_bps));
        let exposure = SideExposure { side, total, price, carry, initial };
        traders.add(&exposure).into_program_error()?;
    }
    Ok(())
}

/// What a unit of a side's positions counts for where somebody leaves or joins: the most its traders
/// could claim from who leaves, the least from who joins.
fn pool_price(valuation: &Valuation, side: Side, leaves: bool) -> Price {
    if leaves { valuation.trader_favourable(side) } else { valuation.trader_adverse(side) }
}
