//! What the study found, for the terminal.

use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_FULL_CONDENSED};

use super::study::Study;

impl Study {
    /// A row for each margin.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header([
            "initial margin",
            "fitted",
            "QLIKE better\non these months",
            "QLIKE unseen,\ntoday and fitted",
            "better",
            "least and most\nby month",
            "margin on\ncalm days",
            "on all days",
            "measured exceeds\nwhat is always covered",
        ]);
        for finding in &self.findings {
            let unseen = &finding.unseen;
            let numbers = [
                format!("{:.1} %", finding.fitted.better_percent()),
                format!("{:.4} / {:.4}", unseen.today, unseen.candidate),
                format!("{:.1} %", unseen.better_percent()),
                format!("{:.1} / {:.1} %", finding.months.0, finding.months.1),
                format!("× {:.3}", unseen.calm_margin),
                format!("× {:.3}", unseen.margin),
                format!("{:.1} %", finding.exceeded_percent),
            ];
            let right = |cell| Cell::new(cell).set_alignment(CellAlignment::Right);
            let names = [&finding.margin.name, &finding.candidate.to_string()].map(Cell::new);
            table.add_row(names.into_iter().chain(numbers.map(right)));
        }
        table.to_string()
    }
}
