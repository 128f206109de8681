//! Orders.

use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_client::holdfast::state::{MarginAccount, Market, OrderState};
use holdfast_client::{Pubkey, address, instruction, standing};
use holdfast_keeper_core::scheduler::Kind;
use holdfast_risk::{Bps, Millis, Price, Rounding, Side, SignedSize};
use serde_json::{Value, json};

use super::submit::Submitted;
use super::{TraderSession, wait};
use crate::cli::{OrderTerms, TradeTask, Way};
use crate::config::Config;
use crate::output::{CommandOutput, Failure, joined, tell};
use crate::render;

/// The whole, in hundredths of a percent.
const HUNDRED_PERCENT: u16 = 10_000;

/// An order to place, and where.
struct Placing {
    account: Pubkey,
    market: Market,
    address: Pubkey,
    request: OrderRequest,
    /// Addresses of the markets in which the account has positions.
    held: Vec<Pubkey>,
    kind: Kind,
}

/// Does what was asked for.
pub async fn run(config: &Config, task: TradeTask) -> Result<CommandOutput, Failure> {
    let person = TraderSession::new(config).await?;
    match task {
        TradeTask::Open { market, side, size, terms } => {
            let delta = if side == Way::Long { size } else { -size };
            open(&person, &market, delta, terms).await
        }
        TradeTask::Close { market, size, terms } => close(&person, &market, size, terms).await,
        TradeTask::Cancel { order_slot: Some(slot), .. } => cancel(&person, slot).await,
        TradeTask::Cancel { order_slot: None, .. } => cancel_all(&person).await,
    }
}

async fn open(
    person: &TraderSession<'_>,
    market: &str,
    delta: i64,
    terms: OrderTerms,
) -> Result<CommandOutput, Failure> {
    let (account, state) = person.account().await?;
    let (address, market) = person.market(market).await?;
    let clock = person.clock().await?;
    let request = request(&market, clock, delta, terms)?;
    let immediate = request.trigger == OrderTrigger::Immediate;
    if immediate && market.valuation(clock, Millis(0)).fresh {
        must_cover(person, &state, &market, &request).await?;
    }
    let held = markets_held(&state);
    let placing = Placing { account, market, address, request, held, kind: Kind::Risk };
    place(person, placing, terms.wait).await
}

async fn close(
    person: &TraderSession<'_>,
    market: &str,
    size: Option<i64>,
    terms: OrderTerms,
) -> Result<CommandOutput, Failure> {
    let (account, state) = person.account().await?;
    let (address, market) = person.market(market).await?;
    let held = state.position(market.index).size.0;
    if held == 0 {
        let name = render::name(&market.name);
        return Err(
            format!("the account has no position in {name}: there is nothing to close").into()
        );
    }
    let size = size.unwrap_or(i64::MAX).min(held.saturating_abs());
    let clock = person.clock().await?;
    let mut request = request(&market, clock, -held.signum() * size, terms)?;
    request.effect = OrderEffect::Reduce;
    request.any_price = terms.any_price;
    let held = markets_held(&state);
    let placing = Placing { account, market, address, request, held, kind: Kind::Exit };
    place(person, placing, terms.wait).await
}

fn request(
    market: &Market,
    clock: Millis,
    delta: i64,
    terms: OrderTerms,
) -> Result<OrderRequest, String> {
    let trigger = match (terms.above, terms.below) {
        (Some(price), _) => OrderTrigger::AtOrAbove { price },
        (None, Some(price)) => OrderTrigger::AtOrBelow { price },
        (None, None) => OrderTrigger::Immediate,
    };
    let expires = market.now(clock).after(Millis(terms.lasts.saturating_mul(1_000)));
    let limit = terms.limit.map_or_else(|| default_limit(market, clock, delta, terms), Ok)?;
    Ok(OrderRequest {
        delta,
        limit,
        trigger,
        effect: OrderEffect::Open,
        any_price: false,
        expires_ms: expires.0,
        fee: terms.fee.unwrap_or_default(),
    })
}

/// The worst price accepted where no limit is given: this much worse than the price it waits for, or
/// than the newest one.
fn default_limit(
    market: &Market,
    clock: Millis,
    delta: i64,
    terms: OrderTerms,
) -> Result<u64, String> {
    let side = SignedSize(delta).side();
    let valuation = market.valuation(clock, Millis(0));
    let price = match terms.above.or(terms.below) {
        Some(price) => price,
        None if valuation.fresh => valuation.against.traded(side).0,
        None => {
            let name = render::name(&market.name);
            return Err(format!("{name} has no fresh price to start from: give --limit"));
        }
    };
    // Rounded so that less is accepted, not more.
    let worse = match side {
        Side::Long => Price(price).portion(Bps(HUNDRED_PERCENT + terms.slippage), Rounding::Down),
        Side::Short => Price(price).portion(Bps(HUNDRED_PERCENT - terms.slippage), Rounding::Up),
    };
    worse.map(|price| price.0).map_err(|_| "the worst price does not fit: give --limit".to_owned())
}

/// Refuses an order for a position that the account's equity could not carry at the newest price,
/// with the least margin ever asked: no keeper would execute it.
async fn must_cover(
    person: &TraderSession<'_>,
    account: &MarginAccount,
    market: &Market,
    request: &OrderRequest,
) -> Result<(), String> {
    let delta = SignedSize(request.delta);
    let price = market.newest_price().traded(delta.side());
    let position = account.position(market.index);
    let Ok(trade) = position.trade(delta, price, |side| market.carry(side)) else { return Ok(()) };
    if trade.opened.0 == 0 {
        return Ok(());
    }
    let mut after = *account;
    after.set_position(market.index, &trade.position);
    let markets = person.markets().await?;
    let market_of =
        |index: u8| markets.iter().map(|(_, market)| market).find(|it| it.index == index);
    let health = standing::health(&after, market_of, |market| market.newest_price().middle());
    match health {
        Ok(Some(health)) if !health.meets_initial() => Err(format!(
            "the account's {} would not cover the initial margin of {} that positions would need at \
             the price of now: deposit more, or trade less",
            render::signed(health.equity.0),
            render::amount(health.initial.0)
        )),
        _ => Ok(()),
    }
}

async fn place(
    person: &TraderSession<'_>,
    placing: Placing,
    waits: bool,
) -> Result<CommandOutput, Failure> {
    let Placing { account, market, address, request, held, kind } = placing;
    let place = instruction::place_order(person.owner(), account, address, request, &held);
    let submitted = person.submit(kind, &[place]).await?;
    let name = render::name(&market.name);
    let (size, limit) = (render::signed(request.delta), render::amount(request.limit));
    let terms = json!({
        "account": account.to_string(),
        "market": market.index,
        "name": name,
        "delta": request.delta,
        "limit": request.limit,
        "trigger": render::trigger_name(order_trigger(&request).0),
        "trigger_price": order_trigger(&request).1,
        "reduce_only": request.effect == OrderEffect::Reduce,
        "expires_ms": request.expires_ms,
        "fee": request.fee,
    });
    let Submitted::Landed { signature, slot } = submitted else {
        return Ok(submitted.said(&format!("an order of {size} {name} at {limit}"), terms));
    };
    let placed = match wait::placed(person, account, signature).await {
        Ok(placed) => placed,
        Err(reason) => {
            let said =
                submitted.said(&format!("an order of {size} {name} at {limit} waits"), terms);
            return Ok(if waits { said.failing(reason) } else { said.noting(&reason) });
        }
    };
    let order_slot = order_slot(person, account, placed).await;
    let facts = joined(terms, json!({"order": placed, "order_slot": order_slot}));
    let at = order_slot.map(|slot| format!(" in slot {slot}")).unwrap_or_default();
    let said =
        submitted.said(&format!("order {placed} of {size} {name} at {limit} waits{at}"), facts);
    if !waits {
        return Ok(said);
    }
    tell(&said.text);
    match wait::outcome(person, account, placed, (signature, slot)).await {
        Ok(after) => Ok(CommandOutput { facts: joined(said.facts, after.facts), ..after }),
        Err(reason) => Ok(said.failing(reason)),
    }
}

/// The slot that an order waits in; not known when the endpoint does not show it.
async fn order_slot(person: &TraderSession<'_>, account: Pubkey, number: u64) -> Option<usize> {
    let state: MarginAccount = person.read("margin account", &account).await.ok()?;
    slot_of(&state, number)
}

/// Addresses of the markets in which an account has positions.
fn markets_held(account: &MarginAccount) -> Vec<Pubkey> {
    account.open_indices().map(|index| address::market(&account.silo, index)).collect()
}

/// A trigger's code and price, as the account keeps them.
fn order_trigger(request: &OrderRequest) -> (u8, u64) {
    match request.trigger {
        OrderTrigger::AtOrAbove { price } => (0, price),
        OrderTrigger::AtOrBelow { price } => (1, price),
        OrderTrigger::Immediate => (2, 0),
    }
}

/// The slot an order waits in.
fn slot_of(account: &MarginAccount, number: u64) -> Option<usize> {
    account.orders.iter().position(|order| number != 0 && order.number == number)
}

async fn cancel(person: &TraderSession<'_>, order_slot: u8) -> Result<CommandOutput, Failure> {
    let (address, account) = person.account().await?;
    let waiting = |slot: usize| account.orders.get(slot).filter(|order| order.number != 0);
    let Some(order) = waiting(usize::from(order_slot)) else {
        let taken = (0..account.orders.len()).filter(|slot| waiting(*slot).is_some());
        let taken: Vec<_> = taken.map(|slot| slot.to_string()).collect();
        let rest = match taken.as_slice() {
            [] => "none waits in any".to_owned(),
            taken => format!("orders wait in {}", taken.join(", ")),
        };
        return Err(format!("no order waits in slot {order_slot}: {rest}").into());
    };
    let number = order.number;
    let market = address::market(&account.silo, order.market);
    let cancel = instruction::cancel_order(person.owner(), address, market, number);
    let submitted = person.submit(Kind::Exit, &[cancel]).await?;
    let facts =
        joined(json!({"account": address.to_string(), "order_slot": order_slot}), to_json(order));
    Ok(submitted.said(&format!("took order {number} back"), facts))
}

/// Takes all orders back, in one transaction.
async fn cancel_all(person: &TraderSession<'_>) -> Result<CommandOutput, Failure> {
    let (address, account) = person.account().await?;
    let waiting: Vec<_> = account.orders.iter().filter(|order| order.number != 0).collect();
    if waiting.is_empty() {
        return Err("no order waits in any slot: there is nothing to take back".to_owned().into());
    }
    let cancels = waiting.iter().map(|order| {
        let market = address::market(&account.silo, order.market);
        instruction::cancel_order(person.owner(), address, market, order.number)
    });
    let submitted = person.submit(Kind::Exit, &cancels.collect::<Vec<_>>()).await?;
    let orders: Vec<_> = waiting.iter().map(|order| to_json(order)).collect();
    let facts = json!({"account": address.to_string(), "orders": orders});
    Ok(submitted.said(&format!("took {} orders back", waiting.len()), facts))
}

fn to_json(order: &OrderState) -> Value {
    json!({"order": order.number, "market": order.market, "delta": order.delta})
}
