//! The orders that a guard places: reductions, and stops that follow the price. Pure.

use holdfast_client::holdfast::account_health::leg_of;
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_client::holdfast::state::{MarginAccount, Market, OrderState};
use holdfast_risk::account::margin::requirement;
use holdfast_risk::math::mul_div;
use holdfast_risk::{Bps, Millis, Price, Rounding, Side, Usd};

use super::terms::GuardTerms;
use super::view::View;

/// Size of an order that closes a position whole, whatever its size is then: it is cut at the position.
const WHOLE: i64 = i64::MAX;
/// How long a reduction may wait for its price.
const REDUCES_WITHIN: Millis = Millis(60_000);
/// The whole, basis points.
const ONE: u16 = 10_000;
/// Codes of triggers, as orders have them.
const AT_OR_ABOVE: u8 = 0;
const AT_OR_BELOW: u8 = 1;
const IMMEDIATE: u8 = 2;

/// A stop to place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The market's index.
    pub market: u8,
    /// The order.
    pub order: OrderRequest,
    /// The number of the stop that it replaces.
    pub replaces: Option<u64>,
}

/// Whether a reduction waits for its price already.
pub fn reduces(account: &MarginAccount) -> bool {
    let waits =
        |slot: &OrderState| slot.number != 0 && slot.reduce_only != 0 && slot.trigger == IMMEDIATE;
    account.orders.iter().any(waits)
}

/// Reduces the position that asks for most maintenance margin, of those with a price that is certain,
/// so that `excess` of that margin is no longer needed, or closes it where that is not enough. With the
/// market's index.
pub fn reduction(
    view: &View,
    account: &MarginAccount,
    excess: u64,
    terms: &GuardTerms,
) -> Option<(u8, OrderRequest)> {
    let asked = |index| {
        let market = certain(view, index)?;
        let position = account.position(index);
        let price = market.newest_price().trader_favourable(position.size.side());
        let leg = leg_of(market, position, price);
        let required = requirement(leg.notional().ok()?, leg.ratios.maintenance).ok()?;
        Some((required, index))
    };
    let (required, index) = account.open_indices().filter_map(asked).max()?;
    let held = account.position(index).size;
    let part = |Usd(required): Usd| {
        let size = mul_div(held.size().0, excess, required, Rounding::Up).ok()?;
        i64::try_from(size).ok().filter(|_| excess < required)
    };
    let size = part(required).unwrap_or(WHOLE);
    let market = certain(view, index)?;
    let (side, price) = (closing(held.side()), market.newest_price());
    let expires = market.now(view.chain.now).after(REDUCES_WITHIN);
    let order = OrderRequest {
        expires_ms: expires.0,
        ..closing_order(size, side, price.traded(side), OrderTrigger::Immediate, terms)?
    };
    Some((index, order))
}

/// Stops that are missing, or that can be better by a step: for every position whose market's price is
/// certain. The stop that is there says how far it has followed the price, so nothing else has to be
/// remembered. Stops over a part of a position are somebody else's and left alone, as are those that
/// have been set off.
pub fn stops(view: &View, account: &MarginAccount, terms: &GuardTerms) -> Vec<Stop> {
    if terms.trail_bps == 0 {
        return Vec::new();
    }
    account.open_indices().filter_map(|index| stop(view, account, index, terms)).collect()
}

fn stop(view: &View, account: &MarginAccount, index: u8, terms: &GuardTerms) -> Option<Stop> {
    let market = certain(view, index)?;
    let side = account.position(index).size.side();
    let level = behind(market.newest_price().middle(), side, terms.trail_bps)?;
    let known = known_stop(account, index, side);
    let is_better = known.is_none_or(|known| {
        let step = mul_div(known.trigger_price, terms.step_bps.into(), ONE.into(), Rounding::Up);
        let step = step.unwrap_or(u64::MAX);
        match side {
            Side::Long => level.0 >= known.trigger_price.saturating_add(step),
            Side::Short => level.0 <= known.trigger_price.saturating_sub(step),
        }
    });
    let has_room = known.is_some() || account.orders.iter().any(|slot| slot.number == 0);
    if !is_better || !has_room || known.is_some_and(|known| known.earliest_ms != 0) {
        return None;
    }
    let trigger = match side {
        Side::Long => OrderTrigger::AtOrBelow { price: level.0 },
        Side::Short => OrderTrigger::AtOrAbove { price: level.0 },
    };
    let order = closing_order(WHOLE, closing(side), level, trigger, terms)?;
    Some(Stop { market: index, order, replaces: known.map(|known| known.number) })
}

/// The stop over the whole position that is nearest to the price.
fn known_stop(account: &MarginAccount, index: u8, side: Side) -> Option<&OrderState> {
    let trigger = match side {
        Side::Long => AT_OR_BELOW,
        Side::Short => AT_OR_ABOVE,
    };
    let is_stop = |slot: &&OrderState| {
        slot.number != 0
            && slot.market == index
            && slot.reduce_only != 0
            && slot.trigger == trigger
            && slot.delta.unsigned_abs() == WHOLE.unsigned_abs()
    };
    let stops = account.orders.iter().filter(is_stop);
    match side {
        Side::Long => stops.max_by_key(|slot| slot.trigger_price),
        Side::Short => stops.min_by_key(|slot| slot.trigger_price),
    }
}

/// A trading market whose price is fresh, believed and borne out.
fn certain<'a>(view: &View<'a>, index: u8) -> Option<&'a Market> {
    let Chain { now, monitor, .. } = view.chain;
    let market = view.mirror.market(index)?;
    let certain = market.valuation(*now, monitor.last_disruption).is_certain();
    Some(market).filter(|market| certain && !market.is_settled())
}

/// The side of an order that closes a position.
const fn closing(side: Side) -> Side {
    match side {
        Side::Long => Side::Short,
        Side::Short => Side::Long,
    }
}

/// A price that a position's price has to fall back by `bps` to reach.
fn behind(price: Price, side: Side, bps: u16) -> Option<Price> {
    match side {
        Side::Long => price.portion(Bps(ONE.checked_sub(bps)?), Rounding::Down).ok(),
        Side::Short => price.portion(Bps(ONE.checked_add(bps)?), Rounding::Up).ok(),
    }
}

/// An order on `side` that only reduces and does not expire. Its worst price is so much worse than
/// `price` as the terms allow, rounded so that less is accepted.
fn closing_order(
    size: i64,
    side: Side,
    price: Price,
    trigger: OrderTrigger,
    terms: &GuardTerms,
) -> Option<OrderRequest> {
    let slippage = terms.slippage_bps;
    let (delta, worst) = match side {
        Side::Long => (size, price.portion(Bps(ONE.checked_add(slippage)?), Rounding::Down)),
        Side::Short => (-size, price.portion(Bps(ONE.checked_sub(slippage)?), Rounding::Up)),
    };
    Some(OrderRequest {
        delta,
        limit: worst.ok()?.0,
        trigger,
        effect: OrderEffect::Reduce,
        any_price: false,
        expires_ms: u64::MAX,
        fee: 0,
    })
}

#[cfg(test)]
#[path = "orders_tests.rs"]
mod tests;
