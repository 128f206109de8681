//! Markets.

use holdfast_client::holdfast::state::{Market, SideState, Silo};
use holdfast_client::{Pubkey, address, decode};
use serde_json::{Value, json};

use super::{ago, amount, any, facts, name, read, table, wall_clock};
use crate::config::Config;
use crate::output::{CommandOutput, moment};
use holdfast_rpc::Endpoint;

/// The silo's markets with their addresses, in the order of their indices.
///
/// # Errors
/// A sentence when no endpoint shows them.
pub async fn known_markets(config: &Config) -> Result<Vec<(Pubkey, Market)>, String> {
    let silo_address = address::silo(config.silo);
    any(config, async |endpoint| {
        let silo: Silo = read(endpoint, "silo", &silo_address).await?;
        all(endpoint, &silo_address, &silo).await
    })
    .await
}

/// Lists the silo's markets.
pub async fn markets(config: &Config) -> Result<CommandOutput, String> {
    let silo_address = address::silo(config.silo);
    let markets = known_markets(config).await?;
    let now = wall_clock();
    let rows = markets.iter().map(|(address, market)| {
        let newest = market.newest_price();
        [
            market.index.to_string(),
            name(&market.name),
            amount(newest.middle().0),
            ago(newest.published.0, now),
            address.to_string(),
        ]
    });
    let text = table(["market", "name", "price", "published", "address"], rows);
    let markets: Vec<_> =
        markets.iter().map(|(address, market)| to_json(address, market)).collect();
    Ok(CommandOutput::new(text, json!({"silo": silo_address.to_string(), "markets": markets})))
}

/// All markets of a silo, in the order of their indices.
pub(super) async fn all(
    endpoint: &Endpoint,
    silo_address: &Pubkey,
    silo: &Silo,
) -> Result<Vec<(Pubkey, Market)>, String> {
    let addresses: Vec<_> =
        (0..silo.market_count).map(|index| address::market(silo_address, index)).collect();
    let found = endpoint.accounts(&addresses).await?;
    let markets = addresses
        .into_iter()
        .zip(found)
        .filter_map(|(address, found)| Some((address, decode::decode(&found?.data).ok()?)));
    Ok(markets.collect())
}

/// Shows a market's prices, sides and settings.
pub async fn market(config: &Config, index: u8) -> Result<CommandOutput, String> {
    let address = address::market(&address::silo(config.silo), index);
    let market: Market =
        any(config, async |endpoint| read(endpoint, "market", &address).await).await?;
    let text = facts(&rows(&address.to_string(), &market, wall_clock()));
    Ok(CommandOutput::new(text, to_json(&address, &market)))
}

pub(super) fn to_json(address: &Pubkey, market: &Market) -> Value {
    let newest = market.newest_price();
    let (longs, shorts, terms) = (&market.longs, &market.shorts, &market.terms);
    json!({
        "market": address.to_string(),
        "index": market.index,
        "name": name(&market.name),
        "price": newest.middle().0,
        "published_ms": moment(newest.published.0),
        "reference_price": market.reference_price,
        "settlement_price": market.settlement_price,
        "longs": {"size": longs.size, "entry": longs.entry},
        "shorts": {"size": shorts.size, "entry": shorts.entry},
        "funding_rate": market.funding_rate,
        "feed_count": market.feed_count,
        "quorum": market.quorum,
        "terms": {
            "initial_bps": terms.initial_bps,
            "maintenance_bps": terms.maintenance_bps,
            "penalty_bps": terms.penalty_bps,
            "taker_fee_bps": terms.taker_fee_bps,
            "age_ms": terms.age_ms,
            "execution_delay_ms": terms.execution_delay_ms,
            "flag_delay_ms": terms.flag_delay_ms,
            "smallest": terms.smallest,
            "side_cap": terms.side_cap,
        },
    })
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
