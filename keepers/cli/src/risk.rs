//! `holdfast risk`: how the whole book moves with the price, and whether disrupting the chain would
//! pay here.

use holdfast_client::address;
use holdfast_client::stress::{
    BLOCK_UNITS, Book, BookRisk, Disruption, PRIORITY_MICROLAMPORTS, Prize, SOL_DOLLARS,
};
use holdfast_risk::chain::health::Monitor;
use holdfast_rpc::Endpoint;
use serde_json::json;

use crate::asking::first_answer;
use crate::audit;
use crate::config::Config;
use crate::output::CommandOutput;
use crate::preflight;
use crate::render;

/// Looks at all accounts of the settings' silo.
///
/// # Errors
/// A sentence when no endpoint shows everything, or a market has no price yet.
pub async fn run(config: &Config) -> Result<CommandOutput, String> {
    let usable = preflight::usable(config).await?;
    let endpoints: Vec<_> = usable.iter().map(Endpoint::patient).collect();
    let silo = address::silo(config.silo);
    let seen = first_answer(&endpoints, async |endpoint| audit::see(endpoint, silo).await).await?;
    let walk = &seen.walk;
    let prices: Vec<u64> =
        walk.markets.iter().map(|market| market.newest_price().middle().0).collect();
    let unpriced = walk.markets.iter().zip(&prices).find(|(_, price)| **price == 0);
    if let Some((market, _)) = unpriced {
        return Err(format!(
            "market {} has no price yet: start a keeper, and look again",
            render::name(&market.name)
        ));
    }
    let book = Book { silo: &walk.silo, markets: &walk.markets, accounts: &walk.accounts };
    let risk = book.risk(&prices).map_err(|_| "an amount of the book does not fit".to_owned())?;
    let volatility = walk.markets.iter().map(|market| market.volatility_per_minute().0).max();
    let penalty = walk.markets.iter().map(|market| market.terms.penalty_bps).max();
    let monitor = Monitor::from(&seen.health.monitor);
    let prize = Prize {
        open: walk.silo.open_notional,
        minute_ppm: volatility.unwrap_or_default().into(),
        penalty_bps: penalty.unwrap_or_default().into(),
        // What decides an order is published after it was placed.
        option_ppm: 0,
        slot_ms: u64::from(monitor.baseline_us / 1_000),
    };
    Ok(said(&risk, &prize.disruptions()))
}

fn said(risk: &BookRisk, disruptions: &[Disruption]) -> CommandOutput {
    let move_ = |found: Option<u64>| {
        found.map_or_else(|| "over 40 %".to_owned(), |by| format!("{}.{} %", by / 10, by % 10))
    };
    let signed = |amount: i128| {
        let sign = if amount < 0 { "-" } else { "" };
        let units = u64::try_from(amount.unsigned_abs()).unwrap_or(u64::MAX);
        format!("{sign}{}", render::amount(units))
    };
    let rows = disruptions.iter().map(|at| {
        let verdict = if at.is_futile() { "does not pay" } else { "could pay" };
        [
            format!("{} min", at.minutes),
            render::amount(at.crowding_costs),
            render::amount(at.gain),
            verdict.to_owned(),
        ]
    });
    let table = render::table(["disruption for", "costs", "gains here at most", ""], rows);
    let text = format!(
        "when all prices rise by a hundredth liquidity gains {}, and that grows by {}\n\
         with nobody liquidated on the way, insurance covers a fall of up to {} and a rise of up to {}\n\
         {table}\ncosts: {} M compute units a block outbid at {PRIORITY_MICROLAMPORTS} micro-lamports, \
         {SOL_DOLLARS} dollars a SOL",
        signed(risk.delta),
        signed(risk.gamma),
        move_(risk.fall_before_deficit),
        move_(risk.rise_before_deficit),
        BLOCK_UNITS / 1_000_000,
    );
    let pays = disruptions.iter().any(|at| !at.is_futile());
    let facts = json!({
        // Wider than what JSON readers take for a number.
        "delta": risk.delta.to_string(),
        "gamma": risk.gamma.to_string(),
        "fall_before_deficit_thousandths": risk.fall_before_deficit,
        "rise_before_deficit_thousandths": risk.rise_before_deficit,
        "disruption_could_pay": pays,
        "disruptions": disruptions,
    });
    CommandOutput::new(text, facts)
}
