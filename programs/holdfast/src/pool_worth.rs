//! What a silo's markets add to the worth of its liquidity pool, for joining and for leaving.

use anchor_lang::prelude::*;
use holdfast_risk::market::belief::{DECIDES_FOR, Lapsed, range_since};
use holdfast_risk::market::exposure::SideTotal;
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::market::valuation::Valuation;
use holdfast_risk::pool::worth::{SideExposure, TradersResult, is_trifle};
use holdfast_risk::{Bps, Millis, Overflow, Price, Side, Usd};

use crate::account_health::require_certain;
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::state::Market;

/// The parts of a request for the liquidity pool that decide how markets are valued.
#[derive(Clone, Copy, Debug)]
pub struct Valued {
    /// Prices count from here on: when the request's window opened.
    pub since: Millis,
    /// Whether it leaves.
    pub leaves: bool,
    /// The pool's cash.
    pub cash: Usd,
}

/// Adds what the traders of a market would gain and lose, valued against whoever joins or leaves: at
/// the worst price believed since the request's window opened, so that nobody gains by when it is
/// executed. A market without positions adds nothing, whatever its price. One whose newest price is
/// stale or not believed, or whose prices do not decide [`DECIDES_FOR`] after the window opened, counts at
/// the worse of the newest price and the edge of its band while its positions are a trifle beside the
/// pool's cash; larger ones hold the request up.
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
    let found =
        require_certain(&valuation).and_then(|()| prices_since(market, chain, request.since));
    let (range, refusal) = match found {
        Ok(range) => (Some(range), Ok(())),
        Err(refusal) => (None, Err(refusal)),
    };
    // One that decides may still come; until it does, nobody is valued at one from before the window.
    let awaited = valuation.is_certain() && chain.now < request.since.after(DECIDES_FOR);
    for (side, total) in [(Side::Long, longs), (Side::Short, shorts)] {
        let price = match (range, request.leaves) {
            (Some(range), true) => range.trader_favourable(side),
            (Some(range), false) => range.trader_adverse(side),
            (None, leaves) => edge_for_asker(&valuation, side, leaves),
        };
        let is_trifle = || is_trifle(&total, price, request.cash).into_program_error();
        if range.is_none() && (awaited || !is_trifle()?) {
            return refusal;
        }
        traders.add(&exposure(market, side, total, price)).into_program_error()?;
    }
    Ok(())
}

/// All positions on a side of a market, valued at `price`.
fn exposure(market: &Market, side: Side, total: SideTotal, price: Price) -> SideExposure {
    let (carry, initial) = (market.carry(side), Bps(market.terms.initial_bps));
    SideExposure { side, total, price, carry, initial }
}

/// What [`add_market`] adds if a request were executed at `now`, at the newest price alone: an estimate
/// for whoever is about to ask.
///
/// # Errors
/// [`Overflow`] when an amount does not fit.
pub fn add_estimate(
    traders: &mut TradersResult,
    market: &Market,
    now: Millis,
    leaves: bool,
) -> core::result::Result<(), Overflow> {
    let valuation = market.valuation(now, Millis(0));
    let (longs, shorts) = (SideTotal::from(&market.longs), SideTotal::from(&market.shorts));
    for (side, total) in [(Side::Long, longs), (Side::Short, shorts)] {
        traders.add(&exposure(market, side, total, worst_for_asker(&valuation, side, leaves)))?;
    }
    Ok(())
}

/// What the positions of a side count for against whoever joins or `leaves`, at a market's newest price.
fn worst_for_asker(valuation: &Valuation, side: Side, leaves: bool) -> Price {
    if leaves { valuation.trader_best_case(side) } else { valuation.trader_adverse(side) }
}

/// The worse of that and the edge of the band.
fn edge_for_asker(valuation: &Valuation, side: Side, leaves: bool) -> Price {
    let (worst, band) = (worst_for_asker(valuation, side, leaves), valuation.band);
    match (side, leaves) {
        (Side::Long, true) | (Side::Short, false) => worst.max(band.high),
        (Side::Long, false) | (Side::Short, true) => worst.min(band.low),
    }
}

/// The lowest and the highest price that the market has believed since `opened`.
fn prices_since(market: &Market, chain: &Chain, opened: Millis) -> Result<PricePoint> {
    let at = market.moment(chain.now, chain.monitor.last_disruption);
    if market.is_settled() {
        return Ok(PricePoint::exact(Price(market.settlement_price), at.now));
    }
    let range = range_since(market.recent_prices(), opened, &at);
    let range = range.map_err(|Lapsed| HoldfastError::RequestLapsed)?;
    range.ok_or_else(|| HoldfastError::RequestNotDue.into())
}
