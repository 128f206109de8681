//! A silo.

use holdfast_client::holdfast::state::Silo;
use holdfast_client::{Pubkey, address};
use serde_json::{Value, json};

use super::status::books;
use super::{any, facts, read};
use crate::config::Config;
use crate::output::CommandOutput;

/// Shows the silo's books.
pub async fn silo(config: &Config) -> Result<CommandOutput, String> {
    let address = address::silo(config.silo);
    let silo: Silo = any(config, async |endpoint| read(endpoint, "silo", &address).await).await?;
    Ok(CommandOutput::new(facts(&books(&address, &silo)), to_json(&address, &silo)))
}

pub(super) fn to_json(address: &Pubkey, silo: &Silo) -> Value {
    let ledger = &silo.ledger;
    json!({
        "silo": address.to_string(),
        "number": silo.number,
        "market_count": silo.market_count,
        "locked": silo.locked != 0,
        "mint": silo.mint.to_string(),
        "liquidity_vault": silo.liquidity_vault.to_string(),
        "insurance_vault": silo.insurance_vault.to_string(),
        "liquidity_mint": silo.liquidity_mint.to_string(),
        "insurance_mint": silo.insurance_mint.to_string(),
        "ledger": {
            "collateral": ledger.collateral,
            "liquidity": ledger.liquidity,
            "insurance": ledger.insurance,
            "protocol": ledger.protocol,
            "queued": ledger.queued,
            "pending_profit": ledger.pending_profit,
            "in_liquidity_vault": ledger.in_liquidity_vault,
            "in_insurance_vault": ledger.in_insurance_vault,
            "debt": ledger.debt,
        },
        "open_notional": silo.open_notional,
        "liquidity_shares": silo.liquidity_shares,
        "insurance_shares": silo.insurance_shares,
    })
}
