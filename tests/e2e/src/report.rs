//! What was measured.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use comfy_table::{Table, presets};
use serde::Serialize;

/// A measured figure.
#[derive(Clone, Debug, Serialize)]
struct Figure {
    scenario: String,
    what: String,
    value: String,
    unit: String,
}

/// Figures of all scenarios played.
pub struct Report {
    directory: PathBuf,
    scenario: String,
    figures: Vec<Figure>,
}

impl Report {
    /// An empty one, to be written into `directory`.
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), scenario: String::new(), figures: Vec::new() }
    }

    /// What follows belongs to this scenario.
    pub fn begin(&mut self, scenario: &str) {
        scenario.clone_into(&mut self.scenario);
    }

    /// Notes a figure, and shows it.
    pub fn figure(&mut self, what: &str, value: impl Display, unit: &str) {
        eprintln!("  {what}: {value} {unit}");
        self.figures.push(Figure {
            scenario: self.scenario.clone(),
            what: what.to_owned(),
            value: value.to_string(),
            unit: unit.to_owned(),
        });
    }

    /// Notes a time.
    pub fn time(&mut self, what: &str, time: Duration) {
        self.figure(what, format!("{:.1}", time.as_secs_f64()), "s");
    }

    /// All figures, as a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::ASCII_MARKDOWN).set_header(["scenario", "figure", "value"]);
        for figure in &self.figures {
            let value = format!("{} {}", figure.value, figure.unit);
            table.add_row([&figure.scenario, &figure.what, &value]);
        }
        table
    }

    /// Writes `report.md` and `report.json`.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn write(&self) -> Result<()> {
        std::fs::write(self.directory.join("report.md"), format!("{}\n", self.table()))?;
        let text = serde_json::to_string_pretty(&self.figures)?;
        Ok(std::fs::write(self.directory.join("report.json"), text)?)
    }
}
