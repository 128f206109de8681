//! A glossary is read from end to end by whoever is new here, so it stays short.

use std::fs;

use super::Finding;
use crate::command::root;

/// The page with a row for each term.
const PAGE: &str = "GLOSSARY.md";
/// Terms that it may have.
const MOST: usize = 40;

/// The first term too many.
///
/// # Errors
/// When the page cannot be read.
pub fn check() -> Result<Vec<Finding>, String> {
    let page = fs::read_to_string(root().join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))?;
    Ok(too_many(&page).into_iter().collect())
}

/// A row is a term, but for those up to the line below the heads of the columns.
fn too_many(page: &str) -> Option<Finding> {
    let lines = page.lines().enumerate().skip_while(|(_, line)| !line.starts_with("|--"));
    let rows: Vec<_> = lines.skip(1).filter(|(_, line)| line.starts_with('|')).collect();
    let (index, _) = rows.get(MOST)?;
    let what = format!(
        "{} terms, of which {MOST} are allowed: merge two that belong together, or leave one out",
        rows.len()
    );
    Some(Finding::new(PAGE, index + 1, what))
}

#[cfg(test)]
mod tests {
    use super::{Finding, too_many};

    #[test]
    fn the_first_term_too_many_is_found() {
        let page = |terms| {
            let rows = "| band | How far a price is believed. | |\n".repeat(terms);
            format!("# Glossary\n\n| term | what it is | elsewhere |\n|---|---|---|\n{rows}")
        };
        assert_eq!(too_many(&page(40)), None);
        let what =
            "42 terms, of which 40 are allowed: merge two that belong together, or leave one out";
        assert_eq!(too_many(&page(42)), Some(Finding::new("GLOSSARY.md", 45, what.to_owned())));
    }
}
