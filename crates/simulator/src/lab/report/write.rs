//! Writing the report.

use std::fs;
use std::path::Path;

use super::findings::Report;
use super::page::page;
use super::table::csv;

/// Writes `lab.html`, `lab.json` and `lab.csv` into a folder, which is made.
///
/// # Errors
/// What could not be written.
pub fn write(report: &Report, folder: &Path) -> Result<(), String> {
    let said = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(said)?;
    let json = serde_json::to_string_pretty(report).map_err(|error| error.to_string())?;
    let files = [("lab.html", page(report)), ("lab.json", json), ("lab.csv", csv(report)?)];
    files.into_iter().try_for_each(|(name, text)| fs::write(folder.join(name), text)).map_err(said)
}
