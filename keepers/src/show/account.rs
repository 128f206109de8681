//! A margin account.

use holdfast_client::holdfast::state::{MarginAccount, Market, OrderState};
use holdfast_client::{Pubkey, address, decode, standing};

use super::{ago, amount, facts, first, name, read, signed, table, wall_clock};
use crate::config::Config;
use crate::rpc::Endpoint;

/// Shows an account's money, positions and orders.
pub async fn account(config: &Config, address: Pubkey) -> Result<(), String> {
    let endpoint = first(config)?;
    let account: MarginAccount = read(&endpoint, "margin account", &address).await?;
    let markets = markets(&endpoint, &account).await?;
    let market = |index: u8| markets.iter().find(|market| market.index == index);
    let price = |market: &Market| market.newest_price().middle();
    let health = standing::health(&account, market, price).ok().flatten();
    let sum = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    let now = wall_clock();
    let rows = [
        ("owner", account.owner.to_string()),
        ("silo", account.silo.to_string()),
        ("collateral", amount(account.collateral)),
        ("fees set aside", amount(account.reserved_fees)),
        ("pending profit", amount(account.pending_profit)),
        ("equity", sum(health.map(|health| signed(health.equity.0)))),
        ("initial margin", sum(health.map(|health| amount(health.initial.0)))),
        ("maintenance margin", sum(health.map(|health| amount(health.maintenance.0)))),
        ("flagged", ago(account.flagged_ms, now)),
    ];
    println!("{}", facts(&rows));
    let positions = account.open_indices().filter_map(|index| {
        let market = market(index)?;
        let position = account.position(index);
        let profit = position.profit(price(market)).ok()?;
        let size = signed(position.size.0);
        Some([name(&market.name), size, amount(position.entry.0), signed(profit.0)])
    });
    println!("{}", table(["position", "size", "entry value", "profit"], positions));
    let orders = account.orders.iter().filter(|order| order.number != 0);
    let orders = orders.map(|order| {
        let name = market(order.market).map_or(order.market.to_string(), |found| name(&found.name));
        [order.number.to_string(), name, signed(order.delta), amount(order.limit), waits_for(order)]
    });
    println!("{}", table(["order", "market", "size", "limit", "waits for"], orders));
    Ok(())
}

fn waits_for(order: &OrderState) -> String {
    match order.trigger {
        1 => format!("index at or above {}", amount(order.trigger_price)),
        2 => format!("index at or below {}", amount(order.trigger_price)),
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
