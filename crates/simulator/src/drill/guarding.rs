//! What guards are good for: a drill with them compared with the same drill without.

use comfy_table::{Cell, Table, presets::UTF8_FULL_CONDENSED};
use serde::Serialize;

use super::guards::GuardFigures;
use super::report::{Report, dollars, right};

/// A drill with guards over half of the accounts, compared with the same one without.
#[derive(Clone, Debug, Serialize)]
pub struct Guarding {
    /// Which drill.
    pub scenario: &'static str,
    /// What the random choices came from.
    pub seed: u64,
    /// Margin accounts.
    pub accounts: usize,
    /// Of those that were watched, the ones liquidated without guards.
    pub liquidated_without: usize,
    /// Of the same, the ones liquidated with guards.
    pub liquidated_with: usize,
    /// Liquidated accounts fewer.
    pub averted: i64,
    /// Liquidations, with guards, of safe accounts or of some whose margin was on its way.
    pub wrongful_liquidations: u64,
    /// What the guards did.
    #[serde(flatten)]
    pub guards: GuardFigures,
}

impl Guarding {
    /// Compares the reports of one drill.
    ///
    /// # Errors
    /// When the second one has no guards.
    pub fn new(without: &Report, with: &Report) -> Result<Self, String> {
        let guards = with.guards.ok_or_else(|| format!("{} has no guards", with.scenario))?;
        let difference = i128::try_from(without.half_liquidated).unwrap_or(i128::MAX)
            - i128::try_from(with.half_liquidated).unwrap_or(i128::MAX);
        Ok(Self {
            scenario: with.scenario,
            seed: with.seed,
            accounts: with.accounts,
            liquidated_without: without.half_liquidated,
            liquidated_with: with.half_liquidated,
            averted: i64::try_from(difference).unwrap_or(i64::MAX),
            wrongful_liquidations: with.wrongful_liquidations,
            guards,
        })
    }
}

/// A table with a row for each of several drills.
pub fn guarding_overview(drills: &[Guarding]) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    table.set_header([
        "scenario",
        "watched",
        "liquidated\nwithout",
        "liquidated\nwith",
        "averted",
        "top-ups /\nfalse",
        "added",
        "budgets",
        "over\nbudget",
        "wrongful",
    ]);
    for drill in drills {
        let guards = &drill.guards;
        let numbers = [
            guards.watched.to_string(),
            drill.liquidated_without.to_string(),
            drill.liquidated_with.to_string(),
            drill.averted.to_string(),
            format!("{} / {}", guards.top_ups, guards.false_top_ups),
            dollars(guards.added.into()),
            dollars(guards.budget.into()),
            guards.over_budget.to_string(),
            drill.wrongful_liquidations.to_string(),
        ];
        table.add_row([Cell::new(drill.scenario)].into_iter().chain(numbers.map(right)));
    }
    table.to_string()
}
