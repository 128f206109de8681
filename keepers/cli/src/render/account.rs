//! A margin account.

use comfy_table::Table;
use holdfast_client::holdfast::state::{MarginAccount, Market, OrderState};
use holdfast_client::{Pubkey, address, decode, standing};
use holdfast_risk::account::margin::Health;
use serde_json::{Value, json};

use super::{ago, amount, any, facts, name, read, signed, table, wall_clock};
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
    let text = format!(
        "{}\n{}\n{}",
        facts(&money(&account, health.as_ref())),
        positions(&account, &markets),
        orders(&account, &markets)
    );
    Ok(CommandOutput::new(text, of(&address, &account, &markets, health.as_ref())))
}

fn money(account: &MarginAccount, health: Option<&Health>) -> Vec<(&'static str, String)> {
    let sum = |of: fn(&Health) -> String| health.map_or_else(|| "unknown".to_owned(), of);
    let mut rows = vec![
        ("owner", account.owner.to_string()),
        ("silo", account.silo.to_string()),
        ("number", account.number.to_string()),
        ("collateral", amount(account.collateral)),
        ("fees set aside", amount(account.reserved_fees)),
        ("pending profit", amount(account.pending_profit)),
        ("equity", sum(|health| signed(health.equity.0))),
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

fn positions(account: &MarginAccount, markets: &[Market]) -> Table {
    let rows = account.open_indices().filter_map(|index| {
        let market = named(markets, index)?;
        let position = account.position(index);
        let profit = position.profit(market.newest_price().middle()).ok()?;
        let size = signed(position.size.0);
        Some([name(&market.name), size, amount(position.entry.0), signed(profit.0)])
    });
    table(["position", "size", "entry value", "profit"], rows)
}

fn orders(account: &MarginAccount, markets: &[Market]) -> Table {
    let waiting = account.orders.iter().enumerate().filter(|(_, order)| order.number != 0);
    let rows = waiting.map(|(slot, order)| {
        let market = named(markets, order.market);
        let market = market.map_or(order.market.to_string(), |found| name(&found.name));
        let (size, limit) = (signed(order.delta), amount(order.limit));
        [slot.to_string(), order.number.to_string(), market, size, limit, waits_for(order)]
    });
    table(["slot", "order", "market", "size", "limit", "waits for"], rows)
}

fn of(
    address: &Pubkey,
    account: &MarginAccount,
    markets: &[Market],
    health: Option<&Health>,
) -> Value {
    let name_of = |index| named(markets, index).map(|market| name(&market.name));
    let positions = account.open_indices().map(|index| {
        let position = account.position(index);
        let price = named(markets, index).map(|market| market.newest_price().middle());
        json!({
            "market": index,
            "name": name_of(index),
            "size": position.size.0,
            "entry": position.entry.0,
            "profit": price.and_then(|price| position.profit(price).ok()).map(|it| it.0),
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
        0 => format!("index at or above {}", amount(order.trigger_price)),
        1 => format!("index at or below {}", amount(order.trigger_price)),
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
