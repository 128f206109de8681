//! What a drill found, as a table for people and an object for machines.

use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use holdfast_risk::chain::health::State;
use serde::Serialize;

use super::guards::GuardFigures;
use super::moment::Moment;
use super::watch::Mark;
use holdfast_testkit::audit::Audit;

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
    /// The same of the half that guards watch where there are any.
    pub half_liquidated: usize,
    /// What guards did, where there are any.
    pub guards: Option<GuardFigures>,
    /// What liquidated accounts could not pay.
    pub bad_debt: u64,
    /// Insurance fund before the path.
    pub insurance_before: u64,
    /// Insurance fund after it.
    pub insurance_after: u64,
    /// Tokens in the vaults less everything anybody owns.
    pub vault_difference: i128,
    /// Liquidations of safe accounts or of some whose margin was on its way, or at prices from before
    /// their flag or the disruption.
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
    /// When chain or feeds were disrupted; in a crash, when the first account failed maintenance.
    pub disrupted_at: Option<Mark>,
    /// When the venue acted on it.
    pub known_at: Option<Mark>,
    /// When nobody could trade any more on what was before; in a crash, when nobody failed
    /// maintenance any more.
    pub safe_at: Option<Mark>,
    /// When, after that, somebody new traded again in Normal.
    pub resumed_at: Option<Mark>,
    /// Whether that happened, or nothing was disrupted, and the venue is in Normal at the end.
    pub resumed: bool,
    /// When, after the disruption, somebody was first liquidated.
    pub liquidated_at: Option<Mark>,
    /// Requests to close that still waited after a round in which a valid price was there.
    pub exits_late: usize,
    /// Deposits that landed.
    pub deposits: u64,
    /// Deposits that were refused.
    pub deposits_refused: u64,
    /// What had to wait, by action and state.
    pub refused: Vec<Refused>,
    /// The course of it, for the picture.
    #[serde(skip)]
    pub course: Vec<Moment>,
}

/// How often an action was refused in a state of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The action.
    pub action: &'static str,
    /// The state, as the venue saw it.
    pub state: &'static str,
    /// How often.
    pub count: u64,
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
            table.add_row([Cell::new(name), right(value)]);
        }
        for Refused { action, state, count } in &self.refused {
            table.add_row([Cell::new(format!("refused: {action}, {state}")), right(count)]);
        }
        table.to_string()
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let waits = self.slots_to_liquidate;
        let [known, safe, resumed, liquidated] = self.delays();
        vec![
            ("from disruption to known", known),
            ("from disruption to safe", safe),
            ("from disruption to the first liquidation", liquidated),
            ("from disruption to trading again", resumed),
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
            ("exits, done / refused / late", self.exits_done()),
            ("deposits, done / refused", self.deposits_done()),
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

    fn exits_done(&self) -> String {
        format!("{} / {} / {}", self.exits, self.exits_refused, self.exits_late)
    }

    fn deposits_done(&self) -> String {
        format!("{} / {}", self.deposits, self.deposits_refused)
    }

    /// Time from the disruption until it was known, until it was safe, until trading went on, and
    /// until somebody was liquidated.
    fn delays(&self) -> [String; 4] {
        [self.known_at, self.safe_at, self.resumed_at, self.liquidated_at].map(|mark| {
            let both = mark.zip(self.disrupted_at);
            let passed = both.map(|(mark, disrupted)| mark.ms - disrupted.ms);
            passed.map_or_else(|| "never".to_owned(), duration)
        })
    }
}

/// A table with a row for each of several drills.
pub fn overview(reports: &[Report]) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    table.set_header([
        "scenario",
        "known",
        "safe",
        "resumed",
        "liquidated",
        "wrongful",
        "bad debt",
        "had to\nwait",
        "exits done /\nrefused / late",
        "deposits done /\nrefused",
        "vaults\nless books",
    ]);
    for report in reports {
        let refused: u64 = report.refused.iter().map(|refused| refused.count).sum();
        let [known, safe, resumed, _] = report.delays();
        let numbers = [
            known,
            safe,
            resumed,
            report.liquidated.to_string(),
            report.wrongful_liquidations.to_string(),
            dollars(report.bad_debt.into()),
            refused.to_string(),
            report.exits_done(),
            report.deposits_done(),
            report.vault_difference.to_string(),
        ];
        table.add_row([Cell::new(report.scenario)].into_iter().chain(numbers.map(right)));
    }
    table.to_string()
}

/// What a state is called.
pub fn state_name(state: State) -> &'static str {
    match state {
        State::Normal => "normal",
        State::Strained => "strained",
        State::Throttled => "throttled",
        State::Thaw => "thaw",
        State::Shelter => "shelter",
    }
}

/// A cell whose text ends at its right edge.
pub fn right(value: impl ToString) -> Cell {
    Cell::new(value).set_alignment(CellAlignment::Right)
}

/// Milliseconds as hours, minutes and seconds, without what is zero in front.
fn duration(ms: u64) -> String {
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    let seconds = format!("{}.{} s", ms / 1_000 % 60, ms / 100 % 10);
    match (hours, minutes) {
        (0, 0) => seconds,
        (0, _) => format!("{minutes} min {seconds}"),
        _ => format!("{hours} h {minutes} min {seconds}"),
    }
}

/// An amount in dollars with two decimals, rounded down.
pub fn dollars(native: i128) -> String {
    format!("${}.{:02}", native / 1_000_000, native % 1_000_000 / 10_000)
}
