//! A margin account.

use comfy_table::Table;
use holdfast_client::holdfast::account_health;
use holdfast_client::holdfast::state::{MarginAccount, Market, OrderState};
use holdfast_client::{Pubkey, address, decode, standing};
use holdfast_risk::account::margin::Health;
use holdfast_risk::math::mul_div;
use holdfast_risk::units::ONE;
use holdfast_risk::{Price, Rounding, Usd};
use serde_json::{Value, json};

use super::{ago, amount, any, decimal, facts, left, name, read, signed, table, wall_clock};
use crate::config::Config;
use crate::output::{CommandOutput, moment};
use holdfast_rpc::Endpoint;

/// Shows an account's money, positions and orders.
pub async fn account(config: &Config, address: Pubkey) -> Result<CommandOutput, String> {
    let (account, markets) = any(config, async |endpoint| {
        let account: MarginAccount = read(endpoint, "margin account", &address).await?;
        let markets = markets(endpoint, &account).await?;
        Ok((account, markets))
    })
    .await?;
    let price = |market: &Market| market.newest_price().middle();
    let health = standing::health(&account, |index| named(&markets, index), price).ok().flatten();
    let legs = legs(&account, &markets);
    let text = format!(
        "{}\n{}\n{}",
        facts(&money(&account, &legs, health.as_ref())),
        positions(&legs),
        orders(&account, &markets)
    );
    Ok(CommandOutput::new(text, to_json(&address, &account, &markets, &legs, health.as_ref())))
}

/// A position as its owner asks for it.
struct ShownLeg<'a> {
    market: &'a Market,
    size: i64,
    entry: Usd,
    price: Price,
    /// Its value at the price, rounded up; all amounts are `None` where they do not fit.
    value: Option<Usd>,
    /// Result at the price, before carry.
    profit: Option<i64>,
    /// Funding and borrow owed, negative when it is owed to the position.
    carry: Option<i64>,
    liquidation: Option<Price>,
}

impl ShownLeg<'_> {
    /// The average price it was entered at.
    fn entry_price(&self) -> Option<u64> {
        mul_div(self.entry.0, ONE, self.size.unsigned_abs(), Rounding::Up).ok()
    }
}

/// The positions at the newest prices.
fn legs<'a>(account: &MarginAccount, markets: &'a [Market]) -> Vec<ShownLeg<'a>> {
    let newest = |market: &Market| market.newest_price().middle();
    let legs = account.open_indices().filter_map(|index| {
        let market = named(markets, index)?;
        let (position, price) = (account.position(index), newest(market));
        let leg = account_health::leg_of(market, position, price);
        let carry = position.carry_owed(leg.carry).ok().map(|owed| owed.0);
        let liquidation =
            standing::liquidation_price(account, index, |index| named(markets, index), newest);
        Some(ShownLeg {
            market,
            size: position.size.0,
            entry: position.entry,
            price,
            value: leg.notional().ok(),
            profit: position.profit(price).ok().map(|profit| profit.0),
            carry,
            liquidation: liquidation.ok().flatten(),
        })
    });
    legs.collect()
}

fn money(
    account: &MarginAccount,
    legs: &[ShownLeg],
    health: Option<&Health>,
) -> Vec<(&'static str, String)> {
    let sum = |of: fn(&Health) -> String| health.map_or_else(unknown, of);
    let free = health.map(|health| amount(health.withdrawable(Usd(account.collateral)).0));
    let mut rows = vec![
        ("owner", account.owner.to_string()),
        ("silo", account.silo.to_string()),
        ("number", account.number.to_string()),
        ("collateral", amount(account.collateral)),
        ("free collateral", free.unwrap_or_else(unknown)),
        ("reserved by orders", amount(account.reserved_margin)),
        ("fees set aside", amount(account.reserved_fees)),
        ("pending profit", amount(account.pending_profit)),
        ("equity", sum(|health| signed(health.equity.0))),
        ("leverage", leverage(legs, health).map_or_else(unknown, |times| format!("{times} x"))),
        ("initial margin", sum(|health| amount(health.initial.0))),
        ("maintenance margin", sum(|health| amount(health.maintenance.0))),
        ("flagged", ago(account.flagged_ms, wall_clock())),
    ];
    if account.debt > 0 {
        rows.push(("debt", amount(account.debt)));
    }
    if account.exit_amount > 0 {
        let exit = format!("{} to {}", amount(account.exit_amount), account.exit_to);
        rows.push(("on its way out", exit));
    }
    rows
}

/// Value of all positions to equity, two decimals, rounded up. `None` without equity.
fn leverage(legs: &[ShownLeg], health: Option<&Health>) -> Option<String> {
    let equity = u64::try_from(health?.equity.0).ok().filter(|equity| *equity > 0)?;
    let value = legs.iter().try_fold(Usd(0), |sum, leg| sum.plus(leg.value?).ok())?;
    let hundredths = mul_div(value.0, 100, equity, Rounding::Up).ok()?;
    Some(decimal(hundredths, 2))
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn positions(legs: &[ShownLeg]) -> Table {
    let rows = legs.iter().map(|leg| {
        let known = |value: Option<String>| value.unwrap_or_else(unknown);
        [
            name(&leg.market.name),
            signed(leg.size),
            known(leg.entry_price().map(amount)),
            amount(leg.price.0),
            leg.liquidation.map_or_else(|| "none".to_owned(), |price| amount(price.0)),
            known(leg.profit.map(signed)),
            known(leg.carry.map(|carry| signed(carry.saturating_neg()))),
        ]
    });
    table(["position", "size", "entry", "price", "liquidation", "profit", "carry"], rows)
}

fn orders(account: &MarginAccount, markets: &[Market]) -> Table {
    let waiting = account.orders.iter().enumerate().filter(|(_, order)| order.number != 0);
    let rows = waiting.map(|(slot, order)| {
        let market = named(markets, order.market);
        let market = market.map_or(order.market.to_string(), |found| name(&found.name));
        let (size, limit) = (signed(order.delta), amount(order.limit));
        let expires = left(order.expires_ms, wall_clock());
        [slot.to_string(), market, size, limit, waits_for(order), expires]
    });
    table(["slot", "market", "size", "limit", "waits for", "expires"], rows)
}

fn to_json(
    address: &Pubkey,
    account: &MarginAccount,
    markets: &[Market],
    legs: &[ShownLeg],
    health: Option<&Health>,
) -> Value {
    let name_of = |index| named(markets, index).map(|market| name(&market.name));
    let positions = legs.iter().map(|leg| {
        json!({
            "market": leg.market.index,
            "name": name(&leg.market.name),
            "size": leg.size,
            "entry": leg.entry.0,
            "price": leg.price.0,
            "liquidation_price": leg.liquidation.map(|price| price.0),
            "profit": leg.profit,
            "carry_owed": leg.carry,
        })
    });
    let waiting = account.orders.iter().enumerate().filter(|(_, order)| order.number != 0);
    let orders = waiting.map(|(slot, order)| {
        json!({
            "order_slot": slot,
            "order": order.number,
            "market": order.market,
            "name": name_of(order.market),
            "delta": order.delta,
            "limit": order.limit,
            "trigger": super::trigger_name(order.trigger),
            "trigger_price": order.trigger_price,
            "reduce_only": order.reduce_only != 0,
            "any_price": order.any_price != 0,
            "requested_ms": order.requested_ms,
            "earliest_ms": moment(order.earliest_ms),
            "margin": order.margin,
            "expires_ms": order.expires_ms,
            "fee": order.fee,
        })
    });
    json!({
        "account": address.to_string(),
        "owner": account.owner.to_string(),
        "silo": account.silo.to_string(),
        "number": account.number,
        "collateral": account.collateral,
        "reserved_fees": account.reserved_fees,
        "reserved_margin": account.reserved_margin,
        "pending_profit": account.pending_profit,
        "debt": account.debt,
        "flagged_ms": moment(account.flagged_ms),
        "liquidatable_ms": moment(account.liquidatable_ms),
        "shortfall": account.shortfall,
        "exit_amount": account.exit_amount,
        "exit_asked": account.exit_asked,
        "exit_ms": moment(account.exit_ms),
        "exit_to": (account.exit_amount > 0).then(|| account.exit_to.to_string()),
        "free_collateral": health.map(|it| it.withdrawable(Usd(account.collateral)).0),
        "leverage": leverage(legs, health),
        "equity": health.map(|health| health.equity.0),
        "initial": health.map(|health| health.initial.0),
        "maintenance": health.map(|health| health.maintenance.0),
        "positions": positions.collect::<Vec<_>>(),
        "orders": orders.collect::<Vec<_>>(),
    })
}

fn named(markets: &[Market], index: u8) -> Option<&Market> {
    markets.iter().find(|market| market.index == index)
}

fn waits_for(order: &OrderState) -> String {
    match order.trigger {
        0 => format!("index >= {}", amount(order.trigger_price)),
        1 => format!("index <= {}", amount(order.trigger_price)),
        _ => "the next price".to_owned(),
    }
}

/// The markets an account has positions or orders in.
async fn markets(endpoint: &Endpoint, account: &MarginAccount) -> Result<Vec<Market>, String> {
    let waiting = account.orders.iter().filter(|order| order.number != 0);
    let mut indices: Vec<u8> =
        account.open_indices().chain(waiting.map(|order| order.market)).collect();
    indices.sort_unstable();
    indices.dedup();
    let addresses: Vec<_> =
        indices.iter().map(|index| address::market(&account.silo, *index)).collect();
    let found = endpoint.accounts(&addresses).await?;
    Ok(found.into_iter().flatten().filter_map(|found| decode::decode(&found.data).ok()).collect())
}
