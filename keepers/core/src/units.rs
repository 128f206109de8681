//! Compute units an instruction asks for: what it was measured to need at most, and some more.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anchor_lang::Discriminator;
use holdfast_client::holdfast::instruction as of;
use holdfast_client::{Instruction, pyth, stork, switchboard};
use holdfast_rpc::Budget;

/// The ceilings that `cargo xtask bench` checks.
static CEILINGS: LazyLock<BTreeMap<String, u32>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../docs/compute-unit-ceilings.json"))
        .unwrap_or_default()
});
/// For what was not measured.
const UNKNOWN: u32 = 200_000;

/// Instructions of one transaction, and the compute units that it asks for as long as no simulation has
/// shown more.
pub struct Work {
    /// What it does.
    pub instructions: Vec<Instruction>,
    /// Compute units.
    pub units: u32,
}

impl From<Vec<Instruction>> for Work {
    fn from(instructions: Vec<Instruction>) -> Self {
        Self { units: compute_units(&instructions), instructions }
    }
}

/// Compute units that a transaction asks for: what each of its instructions does.
pub fn compute_units(instructions: &[Instruction]) -> u32 {
    let units = |instruction| {
        let foreign = [pyth::units, switchboard::units, stork::units];
        let foreign = foreign.into_iter().find_map(|units| units(instruction));
        foreign.unwrap_or_else(|| measured(instruction))
    };
    instructions.iter().map(units).fold(0, u32::saturating_add)
}

/// Some more than the ceiling of the measured case with at least as many accounts after the
/// instruction's own.
fn measured(instruction: &Instruction) -> u32 {
    let (name, own) = match instruction.data.get(..8).unwrap_or_default() {
        data if data == of::Liquidate::DISCRIMINATOR => ("liquidate", 4),
        data if data == of::Flag::DISCRIMINATOR => ("flag", 2),
        data if data == of::ExecuteOrder::DISCRIMINATOR => ("execute_order", 4),
        data if data == of::WriteOffDebt::DISCRIMINATOR => ("write_off_debt", 3),
        data if data == of::ExecutePoolRequest::DISCRIMINATOR => ("execute_pool_request", 8),
        data if data == of::RefreshMarket::DISCRIMINATOR => ("refresh_market", 3),
        data if data == of::MatureProfit::DISCRIMINATOR => return ceiling("mature_profit"),
        data if data == of::Tighten::DISCRIMINATOR => return ceiling("tighten"),
        data if data == of::CancelChange::DISCRIMINATOR => return ceiling("cancel_change"),
        data if data == of::CancelOrder::DISCRIMINATOR => return ceiling("cancel_order"),
        data if data == of::Deposit::DISCRIMINATOR => return ceiling("deposit"),
        data if data == of::PlaceOrder::DISCRIMINATOR => return ceiling("place_order"),
        data if data == of::Observe::DISCRIMINATOR => {
            let markets = u32::try_from(instruction.accounts.len()).unwrap_or_default();
            return ceiling("observe").saturating_add(markets.saturating_mul(1_500));
        }
        _ => return UNKNOWN,
    };
    let more = instruction.accounts.len().saturating_sub(own);
    let cases = CEILINGS.keys().filter_map(|case| {
        let count: usize = case.strip_prefix(name)?.strip_prefix('_')?.parse().ok()?;
        (count >= more).then_some((count, case))
    });
    cases.min().map_or(UNKNOWN, |(_, case)| ceiling(case))
}

fn ceiling(case: &str) -> u32 {
    let measured = CEILINGS.get(case).copied();
    measured.map_or(UNKNOWN, Budget::with_margin)
}

#[cfg(test)]
#[path = "units_tests.rs"]
mod tests;
