//! What a drill found, as a table for people and an object for machines.

use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use serde::Serialize;

use super::run::Moment;
use crate::audit::Audit;

/// Result of a drill. Amounts are native units, millionths of a dollar.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Which drill.
    pub scenario: &'static str,
    /// What the random choices came from.
    pub seed: u64,
    /// Margin accounts.
    pub accounts: usize,
    /// Accounts liquidated at least once.
    pub liquidated: usize,
    /// What liquidated accounts could not pay.
    pub bad_debt: u64,
    /// Insurance fund before the path.
    pub insurance_before: u64,
    /// Insurance fund after it.
    pub insurance_after: u64,
    /// Tokens in the vaults less everything anybody owns.
    pub vault_difference: i128,
    /// Liquidations of safe accounts, or at prices from before their flag.
    pub wrongful_liquidations: u64,
    /// Requests to close, and their executions, that were refused or never came.
    pub exits_refused: u64,
    /// Slots from liquidatable to liquidated.
    pub slots_to_liquidate: Percentiles,
    /// The books against the sum of all accounts and positions.
    pub audit: Audit,
    /// Liquidations that left a part open.
    pub partial: u64,
    /// Liquidations that closed a position.
    pub full: u64,
    /// Lowest price of the first market, millionths.
    pub price_low: u64,
    /// Positions closed by their owners during the path.
    pub exits: u64,
    /// Transactions the keeper sent.
    pub transactions: u64,
    /// How many of them were refused.
    pub transactions_refused: u64,
    /// Compute units of those that landed.
    pub compute_units: u64,
    /// The course of it, for the picture.
    #[serde(skip)]
    pub course: Vec<Moment>,
}

/// Two percentiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Median.
    pub p50: u64,
    /// 99th percentile.
    pub p99: u64,
}

impl Report {
    /// The table.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header(["", self.scenario]);
        for (name, value) in self.rows() {
            table.add_row([Cell::new(name), Cell::new(value).set_alignment(CellAlignment::Right)]);
        }
        table.to_string()
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let waits = self.slots_to_liquidate;
        vec![
            ("price low", dollars(self.price_low.into())),
            ("accounts", self.accounts.to_string()),
            ("accounts liquidated", self.liquidated.to_string()),
            ("liquidations, partial / full", format!("{} / {}", self.partial, self.full)),
            (
                "slots from liquidatable to liquidated, p50 / p99",
                format!("{} / {}", waits.p50, waits.p99),
            ),
            ("wrongful liquidations", self.wrongful_liquidations.to_string()),
            ("bad debt", dollars(self.bad_debt.into())),
            ("insurance before", dollars(self.insurance_before.into())),
            ("insurance after", dollars(self.insurance_after.into())),
            ("exits, done / refused", format!("{} / {}", self.exits, self.exits_refused)),
            ("vaults less books, native units", self.vault_difference.to_string()),
            ("books less accounts, native units", self.audit.books().to_string()),
            ("open interest less positions, millionths", self.audit.open_interest.to_string()),
            (
                "transactions, sent / refused",
                format!("{} / {}", self.transactions, self.transactions_refused),
            ),
            ("compute units", self.compute_units.to_string()),
            ("seed", self.seed.to_string()),
        ]
    }
}

/// An amount in dollars with two decimals, rounded down.
fn dollars(native: i128) -> String {
    format!("${}.{:02}", native / 1_000_000, native % 1_000_000 / 10_000)
}
