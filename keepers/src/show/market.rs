//! A market.

use holdfast_client::address;
use holdfast_client::holdfast::state::{Market, SideState};

use super::{ago, amount, facts, first, name, read, wall_clock};
use crate::config::Config;

/// Shows a market's prices, sides and settings.
pub async fn market(config: &Config, index: u8) -> Result<(), String> {
    let endpoint = first(config)?;
    let address = address::market(&address::silo(config.silo), index);
    let market: Market = read(&endpoint, "market", &address).await?;
    println!("{}", facts(&rows(&address.to_string(), &market, wall_clock())));
    Ok(())
}

fn rows(address: &str, market: &Market, now: u64) -> Vec<(&'static str, String)> {
    let newest = market.newest_price();
    let terms = &market.terms;
    let percent = |bps: u16| format!("{} %", super::decimal(u64::from(bps), 2));
    vec![
        ("market", name(&market.name)),
        ("address", address.to_owned()),
        ("price", amount(newest.middle().0)),
        ("published", ago(newest.published.0, now)),
        ("reference", amount(market.reference_price)),
        ("longs", side(&market.longs)),
        ("shorts", side(&market.shorts)),
        ("funding per hour", format!("{:.6} %", market.funding_rate as f64 / 1e13)),
        ("initial margin", percent(terms.initial_bps)),
        ("maintenance margin", percent(terms.maintenance_bps)),
        ("liquidation penalty", percent(terms.penalty_bps)),
        ("taker fee", percent(terms.taker_fee_bps)),
        ("oldest reading", format!("{} s", terms.age_ms / 1_000)),
        ("execution delay", format!("{} s", terms.execution_delay_ms / 1_000)),
        ("flag delay", format!("{} s", terms.flag_delay_ms / 1_000)),
        ("side cap", amount(terms.side_cap)),
    ]
}

fn side(side: &SideState) -> String {
    format!("{} opened at {}", amount(side.size), amount(side.entry))
}
