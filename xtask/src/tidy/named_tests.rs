//! The threat model says which test shows what. Whoever renames or removes one of them finds out here,
//! before a claim stands that nothing shows.

use std::fs;

use super::{Finding, Source};
use crate::command::root;

/// The page that names tests.
const PAGE: &str = "docs/threat-model.md";

/// Every file, folder or test that the page names and that is not there.
///
/// # Errors
/// When the page cannot be read.
pub fn check(sources: &[Source]) -> Result<Vec<Finding>, String> {
    let page = fs::read_to_string(root().join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))?;
    Ok(missing(&page, sources))
}

/// A name is a path, `path::test`, or `::test` for another test of the file named before it in its
/// line.
fn missing(page: &str, sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in page.lines().enumerate() {
        let mut file = "";
        for name in line.split('`').skip(1).step_by(2) {
            let (path, test) = name.split_once("::").unwrap_or((name, ""));
            if !path.is_empty() && !is_path(path) {
                continue;
            }
            file = if path.is_empty() { file } else { path };
            let what = absence(file, test, sources);
            findings.extend(what.map(|what| Finding::new(PAGE, index + 1, what)));
        }
    }
    findings
}

fn is_path(name: &str) -> bool {
    name.starts_with("tests/") || name.starts_with("crates/") || name.ends_with(".rs")
}

fn absence(path: &str, test: &str, sources: &[Source]) -> Option<String> {
    let folder = format!("{path}/");
    if !path.ends_with(".rs") {
        let exists = sources.iter().any(|source| source.path.starts_with(&folder));
        return (!exists).then(|| format!("there is no folder {path} with tests"));
    }
    let Some(source) = sources.iter().find(|source| source.path == path) else {
        return Some(format!("there is no file {path}"));
    };
    let exists = test.is_empty() || source.text.contains(&format!("fn {test}("));
    (!exists).then(|| format!("{path} has no test {test}"))
}

#[cfg(test)]
mod tests {
    use super::{Finding, Source, missing};

    fn found(page: &str) -> Vec<Finding> {
        let text = "#[test]\nfn holds() {}\n#[test]\nfn stands() {}".to_owned();
        missing(page, &[Source::new("tests/a/b.rs", text).expect("Rust")])
    }

    #[test]
    fn what_is_there_is_fine() {
        let page = "| `tests/a` | `observe` | `tests/a/b.rs::holds`, `::stands` | `tests/a/b.rs` |";
        assert_eq!(found(page), []);
    }

    #[test]
    fn a_test_a_file_or_a_folder_that_is_not_there_is_found_with_its_line() {
        let page =
            "\n`tests/a/b.rs::falls`\n`tests/a/c.rs::holds`\n`tests/c`\n`tests/a/b.rs`, `::fell`";
        let lines: Vec<_> =
            found(page).into_iter().map(|finding| (finding.line, finding.what)).collect();
        let expected = [
            (Some(2), "tests/a/b.rs has no test falls".to_owned()),
            (Some(3), "there is no file tests/a/c.rs".to_owned()),
            (Some(4), "there is no folder tests/c with tests".to_owned()),
            (Some(5), "tests/a/b.rs has no test fell".to_owned()),
        ];
        assert_eq!(lines, expected);
    }
}
