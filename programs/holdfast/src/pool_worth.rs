//! What a silo's markets come to for who joins or leaves its liquidity pool.

use anchor_lang::prelude::*;
use holdfast_risk::market::belief::{Unusable, range_since};
use holdfast_risk::market::exposure::SideTotal;
use holdfast_risk::pool::worth::{SideExposure, TradersResult, is_trifle};
use holdfast_risk::{Bps, Millis, Side, Usd};

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
/// the worst of the prices believed since the request was due, of which the newest has to decide. A
/// market without positions adds nothing, whatever its price. One whose newest price decides nothing
/// counts at the worse of that price and the edge of its band while its positions are a trifle beside
/// the pool's cash; larger ones hold the request up.
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
    let at = market.moment(chain.now, chain.monitor.last_disruption);
    let valuation = market.valuation(chain.now, chain.monitor.last_disruption);
    let range = if market.is_settled() {
        Ok(valuation.newest)
    } else {
        range_since(market.recent_prices(), request.due, &at)
    };
    for (side, total) in [(Side::Long, longs), (Side::Short, shorts)] {
        let price = match &range {
            Ok(point) if request.leaves => point.trader_favourable(side),
            Ok(point) => point.trader_adverse(side),
            Err(_) if request.leaves => valuation.trader_favourable(side),
            Err(_) => valuation.trader_adverse(side),
        };
        if let Err(reason) = range {
            let trifle = is_trifle(&total, price, request.cash).into_program_error()?;
            require!(reason != Unusable::Early && trifle, HoldfastError::from(reason));
        }
        let (carry, initial) = (market.carry(side), Bps(market.terms.initial_bps));
        let exposure = SideExposure { side, total, price, carry, initial };
        traders.add(&exposure).into_program_error()?;
    }
    Ok(())
}
